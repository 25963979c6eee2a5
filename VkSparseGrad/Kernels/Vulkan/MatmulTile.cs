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
    /// <summary>Tiles of 64 x 64, parts of the depth counted apart, that keep an H100 busy.</summary>
    public const int ManyTiles = 1536;

    /// <summary>Invocations of a workgroup.</summary>
    public int Threads => M / Rows * (N / Columns);

    /// <summary>Bytes of shared memory: two slices of each operand, their lines a quad longer than the tile.</summary>
    public int SharedBytes => 2 * Depth * (M + 4 + N + 4) * sizeof(float);

    /// <summary>All that can be chosen from, each for larger products than the one before. The first runs on any device.</summary>
    public static IReadOnlyList<MatmulTile> All { get; } =
        [new(32, 32, 4, 4, 8), new(64, 64, 8, 4, 16), new(64, 64, 8, 4, 8), new(128, 64, 8, 8, 8), new(128, 128, 8, 8, 8)];

    /// <summary>What an H100 is fastest with or nearly so, of the tiles that a device can run. A large tile reads each operand fewer
    /// times; small ones keep more of a GPU busy, and deep slices wait less often where it is not.</summary>
    /// <param name="facts">The device.</param>
    /// <param name="m">Rows of c.</param>
    /// <param name="n">Columns of c.</param>
    /// <param name="parts">Of the depth, see <see cref="MatmulSplit"/>.</param>
    public static MatmulTile Choose(PhysicalDeviceFacts facts, int m, int n, int parts)
    {
        long tiles = Usual(m, n) * parts;
        int size = tiles < 96 ? 0 : tiles < 256 ? 1 : tiles < 1000 ? 2 : tiles < ManyTiles ? 3 : 4;
        for (int larger = size; larger < All.Count; larger++)
        {
            if (All[larger].Fits(facts))
            {
                return All[larger];
            }
        }

        while (!All[size].Fits(facts))
        {
            size--;
        }

        return All[size];
    }

    /// <summary>Tiles of 64 x 64 that cover a product.</summary>
    public static long Usual(int m, int n) => Count(m, 64) * Count(n, 64);

    private static long Count(int size, int tile) => (size + tile - 1) / tile;

    /// <summary>Whether a device can run it.</summary>
    public bool Fits(PhysicalDeviceFacts facts) => Threads <= facts.MaxWorkgroupInvocations && SharedBytes <= facts.MaxSharedMemory;

    /// <summary>Such as <c>128x64_8x4_16</c>: of a workgroup, of an invocation, the depth.</summary>
    public override string ToString() => FormattableString.Invariant($"{M}x{N}_{Rows}x{Columns}_{Depth}");
}
