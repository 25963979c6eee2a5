using System.Diagnostics;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>How long work takes on a device, by the host's clock.</summary>
internal static class KernelTimer
{
    /// <summary>Seconds of one run: the best of three rounds, after one that compiles.</summary>
    /// <param name="kernels">Where.</param>
    /// <param name="action">The work.</param>
    /// <param name="roundSeconds">About how long a round takes, for the clock; at least one run.</param>
    public static double Seconds(VulkanKernels kernels, Action action, double roundSeconds)
    {
        Round(kernels, action, 1);
        double once = Round(kernels, action, 1);
        int times = (int)Math.Clamp(roundSeconds / once, 1, 1000);
        return Enumerable.Range(0, 3).Min(_ => Round(kernels, action, times)) / times;
    }

    private static double Round(VulkanKernels kernels, Action action, int times)
    {
        kernels.Advance(TimeSpan.FromHours(1));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            action();
        }

        kernels.Advance(TimeSpan.FromHours(1));
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
