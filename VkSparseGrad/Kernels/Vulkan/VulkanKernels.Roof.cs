using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Multiplies and adds in every lane, to measure the most arithmetic a device can do.</summary>
    /// <param name="result">One float an invocation, a multiple of 64.</param>
    /// <param name="rounds">Rounds of 192 multiply-adds.</param>
    /// <returns>Floating-point operations in all.</returns>
    internal double Roof(Tensor result, int rounds)
    {
        CheckTrips(rounds, "roof");
        double operations = 384.0 * rounds * result.Length;
        Dispatch("roof", [], [Write(result)], [(uint)rounds, Bits(0.999), Bits(0.001)], Fold(DivideUp(result.Length, 64)), operations);
        return operations;
    }
}
