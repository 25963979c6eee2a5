using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Performance;

/// <summary>Times cases on a device, beside the most that the device can do.</summary>
internal sealed class PerfRun
{
    private readonly VulkanKernels kernels;
    private readonly double leastSeconds;

    /// <summary>Measures the roofs.</summary>
    /// <param name="kernels">Where.</param>
    /// <param name="leastSeconds">How long a round takes at least, for the clock.</param>
    public PerfRun(VulkanKernels kernels, double leastSeconds = 0.3)
    {
        this.kernels = kernels;
        this.leastSeconds = leastSeconds;
        using Tensor lanes = kernels.Allocate(Shape.Vector(1 << 18), MemoryCategory.Scratch);
        double operations = kernels.Roof(lanes, 100);
        OperationsRoof = operations / Time(() => kernels.Roof(lanes, 100));
        const int count = 1 << 24;
        using Tensor from = kernels.Zeros(Shape.Vector(count), MemoryCategory.Scratch), to = kernels.Zeros(Shape.Vector(count), MemoryCategory.Scratch);
        BytesRoof = 2.0 * count * sizeof(float) / Time(() => kernels.Copy(from, to));
    }

    /// <summary>Multiply-adds in registers, in operations a second.</summary>
    public double OperationsRoof { get; }

    /// <summary>A copy of 64 MiB, bytes read and written a second.</summary>
    public double BytesRoof { get; }

    /// <summary>Times a case.</summary>
    public PerfResult Run(PerfCase item)
    {
        using var run = new CaseRun(kernels, new RandomValues(1));
        double seconds = Time(item.Prepare(run));
        double operations = item.Operations / seconds, bytes = item.Bytes / seconds;
        return new PerfResult(
            item.Op, item.Parameters, seconds, operations, bytes, Math.Max(operations / OperationsRoof, bytes / BytesRoof));
    }

    /// <summary>Seconds of one run: the best of three rounds, each long enough for the clock.</summary>
    public double Time(Action action) => KernelTimer.Seconds(kernels, action, leastSeconds);
}
