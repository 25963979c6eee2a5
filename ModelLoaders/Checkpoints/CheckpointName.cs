using System.Globalization;
using System.Text.RegularExpressions;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>The name of a checkpoint's folder: <c>checkpoint-N</c> after N training steps, <c>checkpoint-preliminary-N</c> after N
/// steps of the preliminary phase.</summary>
/// <param name="IsTraining">Whether the preliminary phase, if there is one, is over.</param>
/// <param name="Step">Steps of the phase that are done.</param>
public readonly partial record struct CheckpointName(bool IsTraining, int Step)
{
    /// <summary>The name for a position.</summary>
    public static CheckpointName Of(TrainingPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        return new CheckpointName(position.IsTraining, position.IsTraining ? position.Step : position.PreliminaryStep);
    }

    /// <summary>Reads a folder's name.</summary>
    public static bool TryParse(string text, out CheckpointName name)
    {
        Match match = Form().Match(text);
        name = default;
        if (!match.Success || !int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int step))
            return false;
        name = new CheckpointName(!match.Groups[1].Success, step);
        return name.ToString() == text;
    }

    /// <summary>Sorts names as a run passes them.</summary>
    internal (bool, int) Order => (IsTraining, Step);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"checkpoint-{(IsTraining ? "" : "preliminary-")}{Step}");

    [GeneratedRegex("^checkpoint-(preliminary-)?([0-9]+)$")]
    private static partial Regex Form();
}
