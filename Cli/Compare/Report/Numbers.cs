using System.Globalization;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>Numbers of the report; <c>-</c> stands for what there is not.</summary>
internal static class Numbers
{
    public const string Absent = "-";

    public static string Of(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? Absent;

    public static string Bytes(double? value) => value is double bytes ? Text.Bytes((long)bytes) : Absent;

    /// <summary>Such as <c>1.05x</c>.</summary>
    public static string Ratio(double? value, double? of) => value is double number && of is double whole && whole != 0
        ? (number / whole).ToString("F2", CultureInfo.InvariantCulture) + "x"
        : Absent;

    /// <summary>A count, or the smallest and largest where they differ.</summary>
    public static string Range(IEnumerable<long> counts)
    {
        long[] all = [.. counts];
        if (all.Length == 0)
            return Absent;
        return all.Min() == all.Max() ? Text.Count(all[0]) : $"{Text.Count(all.Min())} to {Text.Count(all.Max())}";
    }
}
