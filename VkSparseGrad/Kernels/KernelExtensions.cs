using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>Short forms over the kernel contract.</summary>
public static class KernelExtensions
{
    /// <summary>Makes a float tensor with undefined content.</summary>
    public static Tensor Allocate(this IKernels kernels, Shape shape, MemoryCategory category)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        return kernels.Allocate(shape, DType.Float32, category);
    }

    /// <summary>Makes a float tensor with undefined content, of which no reference is kept behind its disposal.</summary>
    internal static Tensor Rent(this IKernels kernels, Shape shape, MemoryCategory category) =>
        kernels.Rent(shape, DType.Float32, category);

    /// <summary>Makes an integer vector from host values, of which no reference is kept behind its disposal.</summary>
    internal static Tensor RentFrom(this IKernels kernels, ReadOnlySpan<uint> values)
    {
        using var scope = DisposeScope.Open();
        Tensor tensor = scope.Add(kernels.Rent(Shape.Vector(values.Length), DType.UInt32, MemoryCategory.Scratch));
        kernels.Upload(values, tensor);
        scope.Keep();
        return tensor;
    }

    /// <summary>Makes a float tensor from host values, of which no reference is kept behind its disposal.</summary>
    internal static Tensor RentFrom(this IKernels kernels, Shape shape, ReadOnlySpan<float> values)
    {
        using var scope = DisposeScope.Open();
        Tensor tensor = scope.Add(kernels.Rent(shape, MemoryCategory.Scratch));
        kernels.Upload(values, tensor);
        scope.Keep();
        return tensor;
    }

    /// <summary>destination += source, same shape.</summary>
    public static void Add(this IKernels kernels, Tensor source, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        kernels.Add(source, destination, destination);
    }

    /// <summary>y[t] = table[ids[t]], or y[t] += table[ids[t]] where <paramref name="accumulate"/>, however the table is kept.</summary>
    /// <param name="kernels">Where the tensors live.</param>
    /// <param name="table">As for <see cref="IKernels.GatherRows"/> or <see cref="IKernels.GatherHalves"/>.</param>
    /// <param name="halves">What 16-bit floats the table's words are; null where it has 32-bit floats.</param>
    /// <param name="ids">[1, T].</param>
    /// <param name="y">[T, D].</param>
    /// <param name="accumulate">Whether to add to y.</param>
    internal static void GatherRows(
        this IKernels kernels, Tensor table, HalfFormat? halves, Tensor ids, Tensor y, bool accumulate = false)
    {
        if (halves is HalfFormat format)
        {
            kernels.GatherHalves(table, format, ids, y, accumulate);
        }
        else
        {
            kernels.GatherRows(table, ids, y, accumulate);
        }
    }

    /// <summary>Makes a float tensor of zeros.</summary>
    public static Tensor Zeros(this IKernels kernels, Shape shape, MemoryCategory category)
    {
        using var scope = DisposeScope.Open();
        Tensor tensor = scope.Add(kernels.Allocate(shape, category));
        kernels.Fill(tensor, 0);
        scope.Keep();
        return tensor;
    }

    /// <summary>Makes a float tensor from host values.</summary>
    public static Tensor FromArray(
        this IKernels kernels, Shape shape, ReadOnlySpan<float> values, MemoryCategory category = MemoryCategory.Scratch)
    {
        using var scope = DisposeScope.Open();
        Tensor tensor = scope.Add(kernels.Allocate(shape, category));
        kernels.Upload(values, tensor);
        scope.Keep();
        return tensor;
    }

    /// <summary>Makes an integer vector from host values.</summary>
    public static Tensor FromArray(
        this IKernels kernels, ReadOnlySpan<uint> values, MemoryCategory category = MemoryCategory.Scratch)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        using var scope = DisposeScope.Open();
        Tensor tensor = scope.Add(kernels.Allocate(Shape.Vector(values.Length), DType.UInt32, category));
        kernels.Upload(values, tensor);
        scope.Keep();
        return tensor;
    }

    /// <summary>Waits for a float tensor and returns its values.</summary>
    public static float[] ToArray(this IKernels kernels, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new float[tensor.Length];
        kernels.Download(tensor, values);
        return values;
    }

    /// <summary>Waits for an integer tensor and returns its values.</summary>
    public static uint[] ToIndexArray(this IKernels kernels, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new uint[tensor.Length];
        kernels.Download(tensor, values);
        return values;
    }
}
