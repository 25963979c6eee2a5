using System.Globalization;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>How layers, spaces and fractions are called in files, tables and plots.</summary>
internal static class LayerNames
{
    /// <summary>By kind, as in <see cref="InspectedGradient.Kind"/>.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["intermediate", "output"];

    /// <summary>In the order of tables and plots.</summary>
    public static IReadOnlyList<GradientSpace> Spaces { get; } =
        [GradientSpace.Original, GradientSpace.AsPublished, GradientSpace.Rotated];

    public static string Plain(GradientSpace space) => space switch
    {
        GradientSpace.Original => "original",
        GradientSpace.AsPublished => "as published",
        _ => "rotated",
    };

    /// <summary>In JSON.</summary>
    public static string Key(GradientSpace space) => Plain(space).Replace(' ', '_');

    /// <summary>With the formula.</summary>
    public static string WithFormula(GradientSpace space) => space switch
    {
        GradientSpace.Original => "original: G",
        GradientSpace.AsPublished => "as published: Qᵀ G Pᵀ",
        _ => "rotated: Qᵀ G P",
    };

    public static string Fraction(double fraction) => fraction.ToString(CultureInfo.InvariantCulture);

    /// <summary>Such as <c>0.1 %</c>.</summary>
    public static string Percent(double fraction) =>
        Math.Round(fraction * 100, 10).ToString(CultureInfo.InvariantCulture) + " %";
}
