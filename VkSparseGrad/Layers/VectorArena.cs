using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>The vectors of a model (biases, gains of norms) side by side in one tensor, so that all can be updated at once. It goes with
/// the last of them.</summary>
internal sealed class VectorArena
{
    private int members;

    private VectorArena(Tensor values, int members)
    {
        Values = values;
        this.members = members;
    }

    /// <summary>[1, N]: each vector from a multiple of <see cref="IKernels.PartAlignment"/> on. What lies between is never read as a
    /// weight.</summary>
    public Tensor Values { get; }

    /// <summary>Elements that a vector takes up, those behind it included.</summary>
    public static int Room(int length) =>
        checked((length + IKernels.PartAlignment - 1) / IKernels.PartAlignment * IKernels.PartAlignment);

    /// <summary>Moves vectors into an arena of their own.</summary>
    /// <param name="kernels">Where they live.</param>
    /// <param name="vectors">At least one.</param>
    public static void Gather(IKernels kernels, IReadOnlyList<Parameter> vectors)
    {
        using var scope = DisposeScope.Open();
        Tensor values = scope.Add(
            kernels.Zeros(Shape.Vector(checked(vectors.Sum(vector => Room(vector.Shape.Columns)))), MemoryCategory.Weights));
        var arena = new VectorArena(values, vectors.Count);
        int first = 0;
        foreach (Parameter vector in vectors)
        {
            vector.MoveTo(kernels, arena, first);
            first += Room(vector.Shape.Columns);
        }

        scope.Keep();
    }

    /// <summary>Says that a vector is gone.</summary>
    public void Leave()
    {
        if (--members == 0)
        {
            Values.Dispose();
        }
    }
}
