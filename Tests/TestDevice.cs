using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;

namespace VkSparseGrad.Tests;

/// <summary>The kernels under test, opened once for all tests.</summary>
internal static class TestDevice
{
    public static IKernels Kernels { get; } = new ReferenceKernels();
}
