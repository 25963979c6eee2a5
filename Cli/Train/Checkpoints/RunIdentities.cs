using System.Globalization;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>Makes the identity of a run.</summary>
internal static class RunIdentities
{
    // Steps do not depend on them, or fingerprints stand for what they name.
    private static readonly string[] Free =
    [
        "model", "data", "train_file", "dev_file", "strict_data", "output", "device", "add_prefix", "no_tuning", "validation",
        "save_steps", "keep", "checkpoints", "resume", "checkpointing",
    ];

    public static RunIdentity Of(IReadOnlyList<(string Name, object? Value)> effective, ModelCheckpoint model, TaskData data) => Of(
        effective, model, DataFingerprint.Of(data.Train.Examples), [.. data.Dev.Select(file => DataFingerprint.Of(file.Examples))]);

    public static RunIdentity Of(IReadOnlyList<(string Name, object? Value)> effective, ModelCheckpoint model, LanguageDataset data) => Of(
        effective, model, DataFingerprint.Of(data.Training.Blocks), [DataFingerprint.Of(data.Validation.Blocks)]);

    private static RunIdentity Of(
        IReadOnlyList<(string Name, object? Value)> effective, ModelCheckpoint model, DataFingerprint train, IReadOnlyList<DataFingerprint> dev) => new(
        effective.Where(setting => !Free.Contains(setting.Name))
            .ToDictionary(setting => setting.Name, setting => Convert.ToString(setting.Value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null),
        FileFingerprint.Of(model.WeightPaths),
        train,
        dev);
}
