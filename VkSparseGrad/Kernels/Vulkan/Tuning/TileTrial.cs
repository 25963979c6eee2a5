using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan.Tuning;

/// <summary>One product in every tile that a device can run.</summary>
internal sealed class TileTrial : IDisposable
{
    // Below this a difference is noise, or the other way round where products run side by side, and the rule's tile stays.
    private const double WorthIt = 1.05;
    private const double RoundSeconds = 0.01;

    private readonly VulkanKernels kernels;
    private readonly MeasuredProduct product;
    private readonly Tensor a;
    private readonly Tensor b;
    private readonly Tensor c;

    /// <summary>Makes the operands.</summary>
    /// <param name="kernels">Where.</param>
    /// <param name="product">Which product.</param>
    /// <param name="values">Of the operands, at least as many as the larger has: zeros would not show a tile that multiplies wrongly.</param>
    public TileTrial(VulkanKernels kernels, MeasuredProduct product, ReadOnlySpan<float> values)
    {
        this.kernels = kernels;
        this.product = product;
        using var scope = DisposeScope.Open();
        Shape left = product.TransposeA ? new(product.K, product.M) : new(product.M, product.K);
        Shape right = product.TransposeB ? new(product.N, product.K) : new(product.K, product.N);
        a = scope.Add(kernels.FromArray(left, values[..(product.M * product.K)]));
        b = scope.Add(kernels.FromArray(right, values[..(product.N * product.K)]));
        c = scope.Add(kernels.Allocate(new Shape(product.M, product.N), MemoryCategory.Scratch));
        scope.Keep();
    }

    /// <summary>The fastest tile that has the same result to the bit, or null where the rule's is as fast.</summary>
    public MatmulTile? Fastest(CancellationToken cancellation)
    {
        PhysicalDeviceFacts facts = kernels.Device.Facts;
        MatmulTile usual = MatmulTile.Choose(facts, product.M, product.N, MatmulSplit.Of(product.M, product.N, product.K).Count);
        double before = Seconds(usual, cancellation);
        (MatmulTile Tile, double Seconds)[] others =
            [.. MatmulTile.All.Where(tile => tile != usual && tile.Fits(facts)).Select(tile => (tile, Seconds(tile, cancellation)))];

        // A GPU that has just woken is slow at first.
        double after = Seconds(usual, cancellation);
        return Fastest((usual, Math.Min(before, after)), others, Result);
    }

    /// <summary>The fastest of those that are worth it and have the usual one's result to the bit, or null.</summary>
    internal static MatmulTile? Fastest(
        (MatmulTile Tile, double Seconds) usual, IEnumerable<(MatmulTile Tile, double Seconds)> others, Func<MatmulTile, float[]> result)
    {
        float[]? expected = null;
        return others
            .Where(timed => timed.Seconds * WorthIt < usual.Seconds)
            .OrderBy(timed => timed.Seconds)
            .Select(timed => (MatmulTile?)timed.Tile)
            .FirstOrDefault(tile => SameBits(result(tile!.Value), expected ??= result(usual.Tile)));

        static bool SameBits(ReadOnlySpan<float> one, ReadOnlySpan<float> other) =>
            MemoryMarshal.AsBytes(one).SequenceEqual(MemoryMarshal.AsBytes(other));
    }

    public void Dispose()
    {
        kernels.ForcedTile = null;
        a.Dispose();
        b.Dispose();
        c.Dispose();
    }

    private double Seconds(MatmulTile tile, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        kernels.ForcedTile = tile;
        return KernelTimer.Seconds(kernels, Multiply, RoundSeconds);
    }

    private float[] Result(MatmulTile tile)
    {
        kernels.ForcedTile = tile;
        Multiply();
        return kernels.ToArray(c);
    }

    private void Multiply() => kernels.Matmul(a, product.TransposeA, b, product.TransposeB, null, c);
}
