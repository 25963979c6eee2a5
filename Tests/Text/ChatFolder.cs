using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Text;

/// <summary>Loads invented chat files.</summary>
internal static class ChatFolder
{
    /// <summary>The texts of a file in one row each: what is learned, and the rest as dots.</summary>
    public static string[] Learned(string content, ChatOptions? chat = null) => Texts(content, chat, (encoder, text) => encoder.ShowLearned(text));

    /// <summary>The texts of a file, whole.</summary>
    public static string[] Whole(string content, ChatOptions? chat = null) => Texts(content, chat, (encoder, text) => encoder.Show(text));

    public static LanguageDataset Load(string content, ChatOptions? chat = null, bool strict = false)
    {
        using var folder = new TempFolder();
        return ChatDataset.Load(folder.Write("chat.jsonl", content), new LetterEncoder(), Options(strict), chat);
    }

    /// <summary>The one line that a file is refused by.</summary>
    public static string Refused(string content, ChatOptions? chat = null, bool strict = false)
    {
        var message = Assert.ThrowsExactly<DatasetException>(() => Load(content, chat, strict)).Message;
        Assert.IsFalse(message.Contains('\n', StringComparison.Ordinal), message);
        return message;
    }

    /// <summary>The line of the report that says what was skipped.</summary>
    public static string Skipped(string content) => Load(content).Report.Single(line => line.Contains("skipped", StringComparison.Ordinal));

    /// <summary>A message of a tree.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="more">More fields, each with a comma in front.</param>
    /// <param name="replies">Messages.</param>
    public static string User(string text, string more, params string[] replies) => Message("prompter", text, more, replies);

    /// <inheritdoc cref="User"/>
    public static string Bot(string text, string more, params string[] replies) => Message("assistant", text, more, replies);

    public static string Tree(string prompt) => $$"""{"prompt": {{prompt}}}""" + "\n";

    private static string Message(string role, string text, string more, string[] replies) =>
        $$"""{"text": "{{text}}", "role": "{{role}}"{{more}}, "replies": [{{string.Join(", ", replies)}}]}""";

    private static string[] Texts(string content, ChatOptions? chat, Func<LetterEncoder, LearnedText, string> show)
    {
        using var folder = new TempFolder();
        var encoder = new LetterEncoder();
        var data = ChatDataset.Load(folder.Write("chat.jsonl", content), encoder, Options(strict: false), chat);
        return [.. data.Training.Blocks.SelectMany(block => block.Texts).Select(text => show(encoder, text))];
    }

    private static LanguageOptions Options(bool strict) => new() { BlockSize = 1000, ValidationShare = 0, Strict = strict };
}
