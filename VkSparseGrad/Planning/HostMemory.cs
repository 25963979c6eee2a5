using VkSparseGrad.Kernels.Vulkan;
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
    public static long OfLoading(TrainableModel model) =>
        model.Parameters.GroupBy(parameter => parameter.Halves is null).Sum(
            group => group.Max(parameter => parameter.Value.Length * sizeof(float))) + Staging;

    /// <summary>Of the bases: those that are found already wait as floats while the next is computed, whose sums are there as floats
    /// and as doubles.</summary>
    /// <param name="model">Before its layers are rotated.</param>
    public static long OfBases(TrainableModel model)
    {
        long found = 0, most = 0;
        foreach (int order in Orders(model))
        {
            long values = (long)order * order;
            most = Math.Max(most, found + values * (sizeof(float) + sizeof(double)) + SymmetricEigen.WorkingBytes(order));
            found += values * sizeof(float);
        }

        return most + Staging;
    }

    /// <summary>Of rotating: all bases wait as floats until the last is on the device.</summary>
    /// <param name="model">Before its layers are rotated.</param>
    public static long OfRotation(TrainableModel model) =>
        Orders(model).Sum(order => (long)order * order * sizeof(float)) + Staging;

    /// <summary>Of saving: weights are read and written one by one, as floats.</summary>
    public static long OfSaving(TrainableModel model) => model.LoadedWeights.Max(weight => weight.Shape.Length * sizeof(float)) + Staging;

    /// <summary>The sides of the bases.</summary>
    private static IEnumerable<int> Orders(TrainableModel model) =>
        model.DenseMlpLayers.Select(layers => layers[0].Weight.Shape).SelectMany(weight => (int[])[weight.Rows, weight.Columns]);
}
