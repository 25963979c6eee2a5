using System.Globalization;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli;

/// <summary>Values as people read them, in the invariant culture.</summary>
internal static class Text
{
    /// <summary>Such as <c>12.3 MiB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => Invariant($"{bytes / (double)(1L << 30):F1} GiB"),
        >= 1L << 20 => Invariant($"{bytes / (double)(1L << 20):F1} MiB"),
        _ => Invariant($"{bytes / 1024.0:F1} KiB"),
    };

    /// <summary>Such as <c>45 s</c> or <c>3 min 20 s</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 9.95 } => Invariant($"{time.TotalSeconds:F1} s"),
        { TotalMinutes: < 1 } => Invariant($"{time.TotalSeconds:F0} s"),
        { TotalHours: < 1 } => Invariant($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => Invariant($"{(int)time.TotalHours} h {time.Minutes} min"),
    };

    /// <summary>Such as <c>1,234</c>.</summary>
    public static string Count(double count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>0.8131</c>, or <c>undefined</c>.</summary>
    public static string Score(double? score) => score?.ToString("F4", CultureInfo.InvariantCulture) ?? "undefined";

    /// <summary>What a device is; the software one is called so.</summary>
    public static string Kind(DeviceKind kind) => kind switch
    {
        DeviceKind.Discrete => "discrete GPU",
        DeviceKind.Integrated => "integrated GPU",
        DeviceKind.Virtual => "virtual GPU",
        DeviceKind.Cpu => "CPU (software device)",
        _ => "other",
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
