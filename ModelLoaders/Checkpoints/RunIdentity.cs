namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>What must be the same for a run to go on from a checkpoint.</summary>
/// <param name="Settings">The settings that steps depend on, by name, as text; null where one is absent.</param>
/// <param name="Model">Fingerprint of the model that the run began with.</param>
/// <param name="Train">The training examples.</param>
/// <param name="Dev">The examples of the evaluations, of each file.</param>
public sealed record RunIdentity(
    IReadOnlyDictionary<string, string?> Settings, string Model, DataFingerprint Train, IReadOnlyList<DataFingerprint> Dev)
{
    /// <summary>What differs in another run, such as <c>seed 1, not 2</c>, the other's values first; null where nothing does.</summary>
    public string? Difference(RunIdentity other)
    {
        ArgumentNullException.ThrowIfNull(other);
        List<string> differences =
        [
            .. Settings.Keys.Union(other.Settings.Keys).Order(StringComparer.Ordinal)
                .Where(name => Settings.GetValueOrDefault(name) != other.Settings.GetValueOrDefault(name))
                .Select(name => $"{name.Replace('_', '-')} {Shown(other.Settings, name)}, not {Shown(Settings, name)}"),
        ];
        if (Model != other.Model)
            differences.Add("another model to begin with");
        if (Train.Examples != other.Train.Examples)
            differences.Add(FormattableString.Invariant($"{other.Train.Examples} training rows, not {Train.Examples}"));
        else if (Train != other.Train)
            differences.Add("other training rows");
        if (!Dev.SequenceEqual(other.Dev))
            differences.Add("other rows to evaluate on");
        return differences.Count == 0 ? null : string.Join("; ", differences);
    }

    private static string Shown(IReadOnlyDictionary<string, string?> settings, string name) =>
        settings.GetValueOrDefault(name) ?? "absent";
}
