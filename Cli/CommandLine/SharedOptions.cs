using System.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary>Options that mean the same in several commands. Each command has objects of its own.</summary>
internal static class SharedOptions
{
    public static Option<string> Device() => Options.Text(
        "--device", "Index or part of the name of the Vulkan device, see 'vksparsegrad devices'. Without it the first in the order discrete, integrated, virtual, CPU.",
        "device", required: false);

    /// <summary>Names files of earlier runs, of which the command makes a page in place of a run.</summary>
    public static Option<string[]> Merge(string help) => new("--merge")
    {
        Description = help,
        HelpName = "file...",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string> PretrainedModel(bool required) => Options.Text(
        "--model", "Folder of a pre-trained BERT, RoBERTa or LLaMA as on Hugging Face: config.json, model.safetensors or shards with their index, and the tokenizer's files.", "folder", required);

    /// <summary>Folder of a LLaMA.</summary>
    public static Option<string> LanguageModel() => Options.Text(
        "--model", "Folder of a pre-trained model of LLaMA's architecture as on Hugging Face: config.json, model.safetensors or shards with their index, and tokenizer.json or tokenizer.model.", "folder", required: true);

    public static Option<string> Method() => Options.Choice(
        "--method", "How the MLP weights are trained. full: every weight. lora: a product of narrow matrices is added to each. meprop: the largest entries of the gradient. sparsegrad: the largest coefficients of the gradient in a basis found beforehand. bitfit: biases only. frozen-mlp: not at all.",
        [.. MethodArguments.Methods]);

    public static Option<bool> Gate() => Options.Switch("--gate", "LLaMA: adapt gate_proj as well, beside up_proj and down_proj.");

    public static Option<bool> NoTuning() => Options.Switch(
        "--no-tuning", "Divide matrix products by the built-in rule. Without this switch a GPU's are divided as was measured on it, and those that are new to it are measured between the first steps: the result is the same to the bit.");

    public static Option<bool> Validation() => Options.Switch(
        "--validation", "Let Vulkan's validation layer watch (slow; for developers). The run fails if it complains.");

    /// <param name="what">Such as <c>Sentences or pairs a step</c>.</param>
    /// <param name="absent">The default.</param>
    public static Option<int?> BatchSize(string what, int absent) => Options.Number<int>(
        "--batch-size", $"{what}.", "a whole number from 1 to 4096", value => value is >= 1 and <= 4096, absent);

    public static Option<int?> Accumulation() => Options.Number<int>(
        "--accumulation", "Batches whose gradients are added up to one step, for batches that do not fit the memory at once.",
        "a whole number from 1 to 4096", value => value is >= 1 and <= 4096, new TrainingOptions().Accumulation);

    public static Option<bool> Checkpointing() => Options.Switch(
        "--checkpointing", "Keep of each block only the input, and compute the block again in the backward pass: less memory, a third more arithmetic, and with fp32 the same result.");

    public static PrecisionOption Precision() => new(
        "mixed: activations that wait for the backward pass are kept in 16 bits, which halves them; weights, gradients, moments and all arithmetic stay in 32.");

    /// <summary>The folder of a run's result.</summary>
    public static Option<string> RunOutput() => Options.Text(
        "--output", "Folder for the result: the merged model, adapter/ (but for full), metrics.json, steps.jsonl. Must not exist yet, or be empty.",
        "folder", required: true);

    public static Option<bool> OverwriteRun() => Options.Switch(
        "--overwrite", "Replace the output folder as a whole if it holds an earlier result, and checkpoints of an earlier run.");

    public static Option<int?> MaxLength() => Options.Number<int>(
        "--max-length",
        $"Most tokens of a sentence or pair, longer ones are cut and counted. [default: {TrainSettings.DefaultMaxLength}, or the model's positions if fewer]",
        "a whole number from 3 to 1000000", value => value is >= 3 and <= 1_000_000);

    public static Option<bool> StrictData() => Options.Switch(
        "--strict-data", "Fail at a row of the data that does not fit the task. Without this switch such rows are skipped, counted, and the first ones listed.");

    public static Option<bool> LiteralSpecialTokens() => Options.Switch(
        "--literal-special-tokens", "Read the name of a special token in a text, such as [SEP], as plain text. Without this switch it becomes that token, as in transformers; such rows are counted either way.");

    public static Option<bool> ResetHead() => Options.Switch(
        BertCheckpoint.ResetHeadOption, "Start from a new classifier although the model has one, say for another number of labels.");
}
