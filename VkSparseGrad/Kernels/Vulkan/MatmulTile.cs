using VkSparseGrad.Devices;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>How a workgroup of matmul_tile divides a product. It changes the speed and no bit of the result.</summary>
/// <param name="M">Rows of c that a workgroup computes.</param>
/// <param name="N">Columns of c that a workgroup computes.</param>
/// <param name="Rows">Of which an invocation has so many rows.</param>
/// <param name="Columns">And so many columns.</param>
/// <param name="Depth">Of the slices of both operands that lie in shared memory.</param>
internal readonly record struct MatmulTile(int M, int N, int Rows, int Columns, int Depth)
{
    /// <summary>Floats that the parts of a product may take beside it.</summary>
    public const int PartLimit = 4 << 20;

    /// <summary>Workgroups of 64 x 64 that keep an H100 busy.</summary>
    private const int ManyGroups = 1536;

    /// <summary>Invocations of a workgroup.</summary>
    public int Threads => M / Rows * (N / Columns);

    /// <summary>Bytes of shared memory: two slices of each operand, their lines a quad longer than the tile.</summary>
    public int SharedBytes => 2 * Depth * (M + 4 + N + 4) * sizeof(float);

    /// <summary>All that can be chosen from, each for larger products than the one before. The first runs on any device.</summary>
    public static IReadOnlyList<MatmulTile> All { get; } = [new(32, 32, 4, 4, 8), new(64, 64, 8, 4, 16), new(64, 64, 8, 4, 8), new(128, 64, 8, 8, 8), new(128, 128, 8, 8, 8)];

    /// <summary>What an H100 is fastest with or nearly so, of the tiles that a device can run. A large tile reads each operand fewer
    /// times; small ones keep more of a GPU busy, and deep slices wait less often where it is not.</summary>
    /// <param name="facts">The device.</param>
    /// <param name="m">Rows of c.</param>
    /// <param name="n">Columns of c.</param>
    /// <param name="splits">Parts of the depth, see <see cref="Splits"/>.</param>
    public static MatmulTile Choose(PhysicalDeviceFacts facts, int m, int n, int splits)
    {
        long groups = Groups(m, n) * splits;
        int size = groups < 96 ? 0 : groups < 256 ? 1 : groups < 1000 ? 2 : groups < ManyGroups ? 3 : 4;
        return All.Skip(size).Concat(All.Reverse()).First(tile => tile.Fits(facts));
    }

    /// <summary>Into how many parts the depth of a product is cut, whose sums are added up afterwards, so that one with few rows and
    /// columns still gives a GPU enough to do. The same for all tiles and devices, as where the sums are cut is seen in their last
    /// bits.</summary>
    public static int Splits(int m, int n, int k)
    {
        long groups = Math.Max(1, Groups(m, n));
        int leastDepth = groups < 100 ? 192 : 400; // below that the parts cost more than they win
        long most = Math.Min(Math.Min(k / leastDepth, 8), 1 + PartLimit / Math.Max(1, (long)m * n));
        return (int)Math.Clamp(ManyGroups / groups, 1, Math.Max(1, most));
    }

    /// <summary>Workgroups of the usual size.</summary>
    private static long Groups(int m, int n) => Count(m, 64) * Count(n, 64);

    private static long Count(int size, int tile) => (size + tile - 1) / tile;

    /// <summary>Whether a device can run it.</summary>
    public bool Fits(PhysicalDeviceFacts facts) => Threads <= facts.MaxWorkgroupInvocations && SharedBytes <= facts.MaxSharedMemory;

    /// <summary>Such as <c>128x64_8x4_16</c>: of a workgroup, of an invocation, the depth.</summary>
    public override string ToString() => FormattableString.Invariant($"{M}x{N}_{Rows}x{Columns}_{Depth}");
}
