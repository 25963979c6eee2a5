namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>How the depth of a product is cut into parts that different workgroups of matmul_tile add up, so that a product of few rows and
/// columns gives a GPU enough to do. The first part goes to the product itself, the others are added to it afterwards.</summary>
/// <remarks>It follows from the sizes alone, since where a sum is cut is seen in its last bits.</remarks>
/// <param name="Count">Number of parts; one is the whole.</param>
/// <param name="Depth">Of each part but the last: whole quads.</param>
internal readonly record struct MatmulSplit(int Count, int Depth)
{
    /// <summary>Floats that the parts of a product may take beside it.</summary>
    private const int PartLimit = 4 << 20;

    /// <summary>Floats that any device binds at once.</summary>
    private const long BindingLimit = (128L << 20) / sizeof(float);

    /// <summary>Parts beyond which adding them up costs more than it wins.</summary>
    private const int MostParts = 8;

    /// <summary>The same of a part's depth, as measured on an H100: for a handful of tiles, and for more.</summary>
    private const int LeastDepthOfFew = 192, LeastDepth = 400, FewTiles = 100;

    /// <summary>Loop trips of an invocation of matmul_tile for each depth: one for its slice and one within it. The same for all tiles.</summary>
    public const int TripsOfDepth = 2;

    /// <summary>The split of a product.</summary>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">The inner dimension.</param>
    public static MatmulSplit Of(int m, int n, int k)
    {
        long product = (long)m * n, tiles = MatmulTile.Usual(m, n);
        if (product == 0 || Math.Max(Math.Max((long)m * k, (long)n * k), product) > BindingLimit)
        {
            return new(1, k);
        }

        long most = Math.Min(Math.Min(MostParts, k / (tiles < FewTiles ? LeastDepthOfFew : LeastDepth)), 1 + PartLimit / product);
        int count = (int)Math.Clamp(MatmulTile.ManyTiles / tiles, 1, Math.Max(1, most));
        int depth = ((k + count - 1) / count + 3) / 4 * 4;
        return count == 1 || depth > VulkanKernels.MaxTrips / TripsOfDepth ? new(1, k) : new(count, depth);
    }
}
