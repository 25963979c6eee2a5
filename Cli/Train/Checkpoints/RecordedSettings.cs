using System.Globalization;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>Reads out of a checkpoint what its run trained.</summary>
internal static class RecordedSettings
{
    /// <summary>The settings that decide which weights there are; the others have their defaults.</summary>
    /// <exception cref="CheckpointException">A setting is missing or cannot be read.</exception>
    public static TrainingOptions Options(Checkpoint checkpoint)
    {
        TrainingOptions options = new()
        {
            Method = MethodArguments.Parse(Text(checkpoint, "method")) ?? throw Unreadable(checkpoint, "method"),
            Scope = Text(checkpoint, "train") == "mlp" ? TrainingScope.Mlp : TrainingScope.All,
        };
        return options.Method switch
        {
            TrainingMethod.SparseGrad when SelectionText.TryParse(Text(checkpoint, "selection"), out Selection? selection) =>
                WithKept(options, checkpoint) with { Selection = selection },
            TrainingMethod.SparseGrad => throw Unreadable(checkpoint, "selection"),
            TrainingMethod.MeProp => WithKept(options, checkpoint),
            TrainingMethod.Lora => options with
            {
                Lora = new LoraOptions
                {
                    Rank = (int)Number(checkpoint, "lora_rank"),
                    Alpha = Number(checkpoint, "lora_alpha"),
                    Dropout = Number(checkpoint, "lora_dropout"),
                    Targets = MethodArguments.ParseTargets(Text(checkpoint, "lora_targets"), out _) ?? throw Unreadable(checkpoint, "lora_targets"),
                },
            },
            _ => options,
        };
    }

    /// <summary>Whether the run's was a language model, which has a format of its data in place of a task.</summary>
    public static bool IsLanguageModel(Checkpoint checkpoint)
    {
        IReadOnlyDictionary<string, string?> settings = checkpoint.Record.Run.Settings;
        return settings.GetValueOrDefault("task") is null && settings.GetValueOrDefault("format") is not null;
    }

    /// <summary>What of a language model the run adapted.</summary>
    /// <exception cref="CheckpointException">A setting is missing or cannot be read.</exception>
    public static LlamaOptions Layers(Checkpoint checkpoint, LlamaConfig config) => new()
    {
        Blocks = BlockList.TryParse(Text(checkpoint, "layers"), out BlockList? blocks) ? blocks.In(config.Layers) : throw Unreadable(checkpoint, "layers"),
        AdaptsGate = bool.TryParse(Text(checkpoint, "gate"), out bool gate) ? gate : throw Unreadable(checkpoint, "gate"),
    };

    /// <summary>A setting as text.</summary>
    /// <exception cref="CheckpointException">It is missing.</exception>
    public static string Text(Checkpoint checkpoint, string name) =>
        checkpoint.Record.Run.Settings.GetValueOrDefault(name) ?? throw Unreadable(checkpoint, name);

    private static TrainingOptions WithKept(TrainingOptions options, Checkpoint checkpoint) =>
        checkpoint.Record.Run.Settings.GetValueOrDefault("kept_entries") is null
            ? options with { Fraction = Number(checkpoint, "fraction") }
            : options with { KeptEntries = (int)Number(checkpoint, "kept_entries") };

    private static double Number(Checkpoint checkpoint, string name) =>
        double.TryParse(Text(checkpoint, name), CultureInfo.InvariantCulture, out double value) ? value : throw Unreadable(checkpoint, name);

    private static CheckpointException Unreadable(Checkpoint checkpoint, string name) =>
        new($"{checkpoint.Folder}: its settings lack {name}, or it cannot be read; the checkpoint is damaged or of another version");
}
