using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.TrainLanguage;
using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Cli.Generate;

/// <summary>Writes what a model says: to the terminal as it comes, or to a file of answers.</summary>
internal sealed class GenerateRun(GenerateSettings settings, Terminal terminal, CancellationToken cancellation)
{
    public void Execute()
    {
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(settings.Model);
        LlamaTokenizer tokenizer = LanguageData.Tokenizer(settings.Model, checkpoint.Config);
        IReadOnlyList<Question> questions = [];
        if (settings.Files is var (from, to))
        {
            questions = QuestionFile.Read(from);
            OutputFile.Check(to, settings.Overwrite, [from], "--answers");
        }

        using ModelOnDevice<LlamaLanguageModel> loaded = LoadedLanguageModel.Load(settings, checkpoint, terminal);
        HashSet<int> ends = [tokenizer.EndId, .. checkpoint.Config.EndTokenIds];
        var continuation = new Continuation(loaded.Model, ends, settings, cancellation);
        if (settings.Files is var (_, answers))
            Answer(questions, answers, tokenizer, continuation);
        else
            Stream(tokenizer, continuation);
    }

    /// <summary>Shows the prompt and its continuation, or of a conversation the answer.</summary>
    private void Stream(LlamaTokenizer tokenizer, Continuation continuation)
    {
        string prompt = settings.Prompt!;
        if (!settings.IsChat)
            terminal.Output.Write(prompt);
        IncrementalDecoder decoder = tokenizer.StartDecoding(continuesText: !settings.IsChat && prompt.Length > 0);
        foreach (int id in continuation.Of(Encode([], prompt, tokenizer)))
        {
            terminal.Output.Write(Shown(decoder.Append(id)));
            terminal.Output.Flush();
        }

        terminal.Output.WriteLine(decoder.Flush());
    }

    /// <summary>A terminal obeys control characters, and a model may say anything; a file gets what it says.</summary>
    private string Shown(string text) => terminal.IsInteractive
        ? string.Concat(text.Where(c => !char.IsControl(c) || c is '\n' or '\t'))
        : text;

    private void Answer(IReadOnlyList<Question> questions, string path, LlamaTokenizer tokenizer, Continuation continuation)
    {
        // Kept as they come: the last question may fail after hours.
        using var answers = new AnswerFile(path);
        for (int i = 0; i < questions.Count; i++)
        {
            var turns = new List<ChatTurn>();
            foreach (string prompt in questions[i].Turns)
            {
                int[] ids = [.. continuation.Of(Encode(turns, prompt, tokenizer))];
                IncrementalDecoder decoder = tokenizer.StartDecoding(continuesText: !settings.IsChat && prompt.Length > 0);
                turns.Add(new ChatTurn(prompt, string.Concat(ids.Select(decoder.Append)) + decoder.Flush()));
            }

            answers.Add(questions[i], [.. turns.Select(turn => turn.Answer)]);
            terminal.Output.WriteLine($"{Text.Count(i + 1)} of {Text.Count(questions.Count)} questions answered");
        }

        answers.Publish();
        terminal.Output.WriteLine($"The answers are in {Path.GetFullPath(path)}");
    }

    /// <summary>The ids of a prompt behind earlier turns. Without the template of conversations these are as if written before it.</summary>
    private int[] Encode(IReadOnlyList<ChatTurn> earlier, string prompt, LlamaTokenizer tokenizer) => settings.IsChat
        ? ChatTemplate.EncodePrompt(new Conversation(null, earlier), prompt, tokenizer)
        : tokenizer.EncodeText(string.Concat(earlier.Select(turn => $"{turn.User}{turn.Answer}\n")) + prompt, addBegin: true);
}
