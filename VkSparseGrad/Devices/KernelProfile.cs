namespace VkSparseGrad.Devices;

/// <summary>What each kernel took on the device.</summary>
/// <param name="Kernel">The shader's name; of transfers, what they do.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Seconds">Of all calls.</param>
/// <param name="Operations">Floating-point operations of all calls, as the kernels estimate them.</param>
internal sealed record KernelTime(string Kernel, int Calls, double Seconds, double Operations);

/// <summary>Sums of device times by kernel.</summary>
internal sealed class KernelProfile
{
    private readonly Dictionary<string, KernelTime> times = [];

    /// <summary>The kernels, the longest first.</summary>
    public IEnumerable<KernelTime> Times => times.Values.OrderByDescending(time => time.Seconds);

    /// <summary>Adds a call.</summary>
    public void Add(string kernel, double seconds, double operations)
    {
        KernelTime sum = times.GetValueOrDefault(kernel) ?? new KernelTime(kernel, 0, 0, 0);
        times[kernel] = sum with { Calls = sum.Calls + 1, Seconds = sum.Seconds + seconds, Operations = sum.Operations + operations };
    }
}
