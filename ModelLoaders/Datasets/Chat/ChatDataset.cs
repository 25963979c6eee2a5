using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Reads conversations for a language model.</summary>
/// <remarks>
/// Three forms are read, as lines or as one JSON array: OpenAssistant's trees (<c>prompt</c> with nested <c>replies</c>), its single
/// messages (<c>text</c>, <c>role</c> and the id of the parent), and lists of <c>messages</c> with <c>role</c> and <c>content</c>.
/// Deleted and rejected messages are left out with what follows them.
/// </remarks>
public static class ChatDataset
{
    /// <summary>Reads a file, or a folder with <c>train.jsonl</c> and perhaps <c>validation.jsonl</c> (or <c>.json</c>), or with one such file.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="encoder">Makes the token ids.</param>
    /// <param name="options">Blocks and validation. Trees are kept for validation as a whole: no message is on both sides.</param>
    /// <param name="chat">What is learned; null is the default.</param>
    /// <exception cref="DatasetException">A file is missing or holds no conversation, or, if strict, a row cannot be read.</exception>
    public static LanguageDataset Load(string path, ITextEncoder encoder, LanguageOptions options, ChatOptions? chat = null)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);

        chat ??= new ChatOptions();
        var files = DataFiles.Find(path, ".jsonl", ".json");
        var known = new HashSet<string>(StringComparer.Ordinal);
        var read = files.Paths.Select(file => new ChatFileReader(file, chat, options.Strict, known).Read()).ToArray();
        var (training, validation) = read.Length == 2 ? (read[0].Trees, read[1].Trees) : Holdout.Split(read[0].Trees, options.ValidationShare, options.Seed);

        var dataset = new LanguageDataset(
            Part(training, encoder, options, chat), Part(validation, encoder, options, chat), files.Paths, [.. read.SelectMany(file => file.Notes())]);
        return dataset.Training.Blocks.Count > 0
            ? dataset
            : throw new DatasetException($"'{files.Training}' has no learned token behind the first of a block.");
    }

    private static LanguagePart Part(IReadOnlyList<ChatTree> trees, ITextEncoder encoder, LanguageOptions options, ChatOptions chat)
    {
        var threads = trees.SelectMany(tree => tree.Threads).ToArray();
        var texts = threads.Select(thread => ChatTemplate.Encode(thread, encoder, chat.LossOn));
        var messages = threads.SelectMany(thread => thread.Turns).Sum(turn => (turn.IsUserNew ? 1 : 0) + (turn.IsAnswerNew ? 1 : 0));
        return new LanguagePart(TextPacker.Pack(texts, options.BlockSize), [(trees.Count, "trees"), (threads.Length, "threads"), (messages, "messages")]);
    }
}
