using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Planning;

/// <summary>The host's memory: the large buffers, and what the process has anyway.</summary>
internal static class HostMemory
{
    /// <summary>Of every part of a run: transfers in either direction, which go in pieces, and about what the runtime, the driver and its
    /// compiled kernels take, as a run of a tiny model shows.</summary>
    public const long Always = 2L * VulkanKernels.TransferBytes + (128L << 20);

    /// <summary>Of loading: weights are read one by one, those of 32 and those of 16 bits into a buffer each.</summary>
    public static long OfLoading(TrainableModel model) =>
        model.Parameters.GroupBy(parameter => parameter.Halves is null).Sum(
            group => group.Max(parameter => parameter.Value.Length * sizeof(float))) + Always;

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

        return most + Always;
    }

    /// <summary>Of rotating: all bases wait as floats until the last is on the device, and those that are kept in 16 bits are rounded one
    /// by one.</summary>
    /// <param name="model">Before its layers are rotated.</param>
    /// <param name="training">Says which are.</param>
    public static long OfRotation(TrainableModel model, TrainingOptions training)
    {
        long rounded = model.DenseMlpLayers.Select(layers => layers[0].Weight)
            .Where(weight => SparseGradBasis.HalvesSuffice(training.Selection, weight.Shape, training.Kept(weight)))
            .Select(weight => (long)Math.Max(weight.Shape.Rows, weight.Shape.Columns))
            .Select(large => large * large * sizeof(ushort)).DefaultIfEmpty().Max();
        return Orders(model).Sum(order => (long)order * order * sizeof(float)) + rounded + Always;
    }

    /// <summary>Of saving: weights and bases are read and written one by one, as floats; MeProp's changes are found by two copies of a
    /// weight. The changed entries, which are few, are not counted.</summary>
    /// <param name="model">After the training.</param>
    /// <param name="method">What it was trained by.</param>
    public static long OfSaving(TrainableModel model, TrainingMethod method)
    {
        long values = model.LoadedWeights.Max(weight => weight.Shape.Length);
        values = Math.Max(values, model.Bases.Select(basis => (long)basis.LargeSide * basis.LargeSide).DefaultIfEmpty().Max());
        if (method == TrainingMethod.MeProp)
        {
            values = Math.Max(values, model.DenseMlpLayers.Max(layers => 2 * layers[0].Weight.Shape.Length));
        }

        return values * sizeof(float) + Always;
    }

    /// <summary>The sides of the bases.</summary>
    private static IEnumerable<int> Orders(TrainableModel model) =>
        model.DenseMlpLayers.Select(layers => layers[0].Weight.Shape).SelectMany(weight => (int[])[weight.Rows, weight.Columns]);
}
