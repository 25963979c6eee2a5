using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>What SparseGrad has changed in one weight: the sum of its sparse steps in the rotated basis.</summary>
/// <remarks>W = W_base + Q Δ Pᵀ for the coefficients Δ. The sum is not kept on the device while training; it is the difference
/// of the weight to that of the base, rotated on both sides, at the places that ever moved.</remarks>
/// <param name="Name">The canonical name of the dense weight.</param>
/// <param name="Rows">d, the small side.</param>
/// <param name="Columns">D, the large side.</param>
/// <param name="Indices">s D + l of each place that moved, rising.</param>
/// <param name="Values">The sum of the steps there.</param>
public sealed record SparseDelta(string Name, int Rows, int Columns, long[] Indices, float[] Values)
{
    /// <summary>The change of one layer. Waits for the device.</summary>
    /// <param name="kernels">Where the layer lives.</param>
    /// <param name="weight">The trained weight.</param>
    /// <param name="baseWeights">The weights training began with.</param>
    public static SparseDelta Of(IKernels kernels, SparseGradWeight weight, IWeightSource baseWeights)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(baseWeights);
        using var buffer = new HostBuffer<float>(weight.Value.Length);
        Span<float> values = buffer.Span;
        baseWeights.Read(weight.Name, values);
        using Tensor original = kernels.FromArray(weight.DenseShape, values);
        using Tensor change = Change(kernels, weight, original);
        kernels.Download(change, values);
        uint[] marks = kernels.ToIndexArray(weight.Marks);
        long[] indices = [.. Enumerable.Range(0, values.Length).Where(i => (marks[i / 32] >> (i % 32) & 1) != 0).Select(i => (long)i)];
        float[] moved = new float[indices.Length];
        for (int i = 0; i < moved.Length; i++)
        {
            moved[i] = values[(int)indices[i]];
        }

        return new SparseDelta(weight.Name, weight.CoefficientShape.Rows, weight.CoefficientShape.Columns, indices, moved);
    }

    /// <summary>The sum of a weight's steps in the rotated basis.</summary>
    /// <param name="kernels">Where the layer lives.</param>
    /// <param name="weight">The trained weight.</param>
    /// <param name="original">The dense weight that training began with.</param>
    /// <returns>[d, D], the caller's.</returns>
    internal static Tensor Change(IKernels kernels, SparseGradWeight weight, Tensor original)
    {
        using Tensor change = kernels.Allocate(weight.CoefficientShape, MemoryCategory.Scratch);
        if (weight.IsRotated)
        {
            // On a device the rotated base is bit for bit what training began with, so the difference holds the steps and nothing else.
            SparseGradWeight.Rotate(kernels, original, weight.Basis, change);
            kernels.Scale(change, -1, change);
            kernels.Add(weight.Value, change);
        }
        else
        {
            using Tensor difference = kernels.Allocate(original.Shape, MemoryCategory.Scratch);
            kernels.Scale(original, -1, difference);
            kernels.Add(weight.Value, difference);
            SparseGradWeight.Rotate(kernels, difference, weight.Basis, change);
        }

        using var scope = DisposeScope.Open();
        Tensor rotated = scope.Add(kernels.Allocate(change.Shape, MemoryCategory.Scratch));
        using WidenedWeight large = weight.Basis.WidenLarge(kernels);
        kernels.Matmul(change, false, large.Value, true, null, rotated);
        if (weight.Basis.KeepsHalves)
        {
            // Rounded vectors are not quite orthogonal: what these coefficients leave of the change is rotated too. One pass makes the
            // relative error, of about 1e-4, its square.
            kernels.Scale(change, -1, change);
            kernels.Matmul(rotated, false, large.Value, false, null, change, accumulate: true);
            kernels.Scale(change, -1, change);
            kernels.Matmul(change, false, large.Value, true, null, rotated, accumulate: true);
        }

        scope.Keep();
        return rotated;
    }
}
