using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.Train;

/// <summary>Reads what <see cref="Selection.ToString"/> writes.</summary>
internal static class SelectionText
{
    public const string Forms = "every-step, refresh:N, or rows:R,refresh:N with R a number such as 96, a share such as 0.125, or all";

    private const string Refresh = "refresh:";
    private const string Rows = "rows:";

    public static bool TryParse(string text, [NotNullWhen(true)] out Selection? selection)
    {
        selection = text.Split(',') switch
        {
            ["every-step"] => Selection.EveryStep,
            [string refresh] when Interval(refresh) is int steps => Selection.Refreshed(steps),
            [string rows, string refresh] when Count(rows) is CoordinateCount count && Interval(refresh) is int steps =>
                Selection.AmongCoordinates(count, steps),
            _ => null,
        };
        return selection is not null;
    }

    private static int? Interval(string text) =>
        text.StartsWith(Refresh, StringComparison.Ordinal) && Whole(text[Refresh.Length..]) is int steps ? steps : null;

    private static CoordinateCount? Count(string text)
    {
        if (!text.StartsWith(Rows, StringComparison.Ordinal))
            return null;
        string count = text[Rows.Length..];
        if (count == "all")
            return CoordinateCount.All;
        if (Whole(count) is int number)
            return CoordinateCount.Number(number);
        return double.TryParse(count, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double share) && share is > 0 and <= 1
            ? CoordinateCount.Share(share)
            : null;
    }

    private static int? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 ? number : null;
}
