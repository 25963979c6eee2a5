using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Planning;

/// <summary>The large buffers of the host.</summary>
internal static class HostMemory
{
    /// <summary>Of transfers in either direction, which go in pieces.</summary>
    public const long Staging = 2L * VulkanKernels.TransferBytes;

    /// <summary>Of loading: weights are read one by one, those of 32 and those of 16 bits into a buffer each.</summary>
    public static long OfLoading(TrainableModel model)
    {
        long floats = 0, halves = 0;
        foreach (Parameter parameter in model.Parameters)
        {
            ref long largest = ref parameter.Halves is null ? ref floats : ref halves;
            largest = Math.Max(largest, parameter.Value.Length * sizeof(float));
        }

        return floats + halves + Staging;
    }

    /// <summary>Of the bases: those that are found already wait as floats while the next is computed, whose sums are there as floats
    /// and as doubles.</summary>
    /// <param name="model">Before its layers are rotated.</param>
    public static long OfBases(TrainableModel model)
    {
        long found = 0, most = 0;
        foreach (IReadOnlyList<Linear> layers in model.DenseMlpLayers)
        {
            Shape weight = layers[0].Weight.Shape;
            foreach (int order in (ReadOnlySpan<int>)[weight.Rows, weight.Columns])
            {
                long values = (long)order * order;
                most = Math.Max(most, found + values * (sizeof(float) + sizeof(double)) + SymmetricEigen.WorkingBytes(order));
                found += values * sizeof(float);
            }
        }

        return most + Staging;
    }
}
