using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Generation;

namespace VkSparseGrad.Cli.Generate;

/// <summary>The options of <c>vksparsegrad generate</c>.</summary>
internal sealed class GenerateArguments
{
    private static readonly SamplingOptions Defaults = new();

    private readonly Option<string> model = SharedOptions.LanguageModel();

    private readonly Option<string> adapter = Options.Text(
        "--adapter", "Folder of an adapter that was trained from the model.", "folder", required: false);

    private readonly Option<string> prompt = new("--prompt")
    {
        Description = "The text to continue; an empty one begins from the model's begin token.",
        HelpName = "text",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<string> questions = Options.Text(
        "--questions", "File of prompts in place of --prompt: one a line, or in a .jsonl file objects with a \"prompt\", or with \"turns\", which are asked one after another.", "file", required: false);

    private readonly Option<string> answers = Options.Text(
        "--answers", "Gets the questions' objects with their \"answers\", a line each. Until the last is there they are in a file of this name with .partial behind it.", "file", required: false);

    private readonly Option<bool> chat = Options.Switch(
        "--chat", "Put prompts into LLaMA-2's template of conversations, [INST] ... [/INST], as 'train-lm --format chat' does.");

    private readonly Option<int?> maxNewTokens = Options.Number<int>(
        "--max-new-tokens", "Most tokens of the continuation; it ends earlier at the model's end token, or where its positions do.",
        "a whole number from 1 to 1000000", value => value is >= 1 and <= 1_000_000, 256);

    private readonly Option<bool> greedy = Options.Switch("--greedy", "Take the likeliest token, always.");

    private readonly Option<double?> temperature = Options.Number<double>(
        "--temperature", "Logits are divided by it: below 1 likely tokens become likelier.", "a number above 0",
        value => value > 0 && double.IsFinite(value), Defaults.Temperature);

    private readonly Option<double?> topP = Options.Number<double>(
        "--top-p", "Choose from the likeliest tokens that have this probability together.", "a number above 0 and at most 1",
        value => value is > 0 and <= 1, Defaults.TopP);

    private readonly Option<ulong?> seed = Options.Number<ulong>(
        "--seed", "The same seed on the same device gives the same text.", "a whole number from 0 to 18446744073709551615", _ => true, Defaults.Seed);

    private readonly Option<bool> overwrite = Options.Switch("--overwrite", "Replace the file of answers if it is there.");

    private readonly Option<string> device = SharedOptions.Device();

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
        [model, adapter, prompt, questions, answers, chat, maxNewTokens, greedy, temperature, topP, seed, overwrite, device];

    public GenerateSettings Read(ParseResult result)
    {
        (string? text, string? from, string? to) = (result.GetValue(prompt), result.GetValue(questions), result.GetValue(answers));
        if (text is null == from is null)
            throw new ArgumentException("Give either --prompt or --questions.");
        if (from is null != to is null)
            throw new ArgumentException("--questions and --answers go together.");
        return new GenerateSettings
        {
            Model = result.GetRequiredValue(model),
            Adapter = result.GetValue(adapter),
            Prompt = text,
            Files = from is null ? null : (from, to!),
            IsChat = result.GetValue(chat),
            MaxNewTokens = result.GetRequiredValue(maxNewTokens)!.Value,
            Sampling = new SamplingOptions
            {
                IsGreedy = result.GetValue(greedy),
                Temperature = result.GetRequiredValue(temperature)!.Value,
                TopP = result.GetRequiredValue(topP)!.Value,
                Seed = result.GetRequiredValue(seed)!.Value,
            },
            Overwrite = result.GetValue(overwrite),
            Device = result.GetValue(device),
        };
    }
}
