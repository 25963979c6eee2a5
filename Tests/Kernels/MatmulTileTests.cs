using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Every tile of matmul_tile computes the same product, to the bit.</summary>
[TestClass]
public sealed class MatmulTileTests
{
    /// <summary>Sizes around the tiles' edges, whole quads and not, a depth within one slice, depths that are cut into parts,
    /// and some that are whole and long enough for an epilogue.</summary>
    private static readonly (int M, int N, int K)[] Sizes =
        [(132, 140, 52), (131, 70, 33), (5, 3, 1), (64, 128, 16), (1, 260, 9), (36, 132, 772), (70, 33, 1541), (68, 132, 140), (131, 70, 133)];

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public void All_tiles_agree_with_the_reference_and_with_each_other(bool transposeA, bool transposeB)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = MatmulKernel.Tile });
        using var reference = new ReferenceKernels();
        foreach ((int m, int n, int k) in Sizes)
        {
            double[] expected = [.. Products(reference, transposeA, transposeB, (m, n, k)).Select(value => (double)value)];
            float[]? first = null;
            foreach (MatmulTile tile in MatmulTile.All)
            {
                Assert.IsTrue(tile.Fits(device.Device.Facts), $"{tile} is in no test");
                device.Kernels.ForcedTile = tile;
                float[] found = Products(device.Kernels, transposeA, transposeB, (m, n, k));
                for (int i = 0; i < expected.Length; i++)
                    Assert.AreEqual(expected[i], found[i], 1e-5 * Math.Sqrt(k), $"{tile}, {m}x{n}x{k}, element {i}");
                CollectionAssert.AreEqual(first ??= found, found, $"{tile}, {m}x{n}x{k}");
            }
        }
    }

    [TestMethod]
    public void The_first_tile_fits_the_least_of_Vulkans_devices() => Assert.IsTrue(
        MatmulTile.All[0] is { Threads: <= 128, SharedBytes: <= 16384 });

    [TestMethod]
    public void Every_tile_is_divided_without_a_rest()
    {
        foreach (MatmulTile tile in MatmulTile.All)
        {
            Assert.AreEqual(0, tile.M % (4 * tile.Rows), $"{tile}");
            Assert.AreEqual(0, tile.N % (8 * tile.Columns), $"{tile}");
            Assert.AreEqual(0, tile.M * tile.Depth / 4 % tile.Threads, $"{tile}");
            Assert.AreEqual(0, tile.N * tile.Depth / 4 % tile.Threads, $"{tile}");
        }
    }

    /// <summary>A product with a bias and its GELU, and the same added to it once more, by the GELU's derivative there.</summary>
    private static float[] Products(IKernels kernels, bool transposeA, bool transposeB, (int M, int N, int K) size)
    {
        using var run = new CaseRun(kernels, new RandomValues(7));
        Tensor a = transposeA ? run.Normal(size.K, size.M) : run.Normal(size.M, size.K);
        Tensor b = transposeB ? run.Normal(size.N, size.K) : run.Normal(size.K, size.N);
        Tensor bias = run.Normal(1, size.N), c = run.Blank(size.M, size.N), activated = run.Blank(size.M, size.N);
        kernels.Matmul(a, transposeA, b, transposeB, bias, c, epilogue: Epilogue.Gelu(activated));
        kernels.Matmul(a, transposeA, b, transposeB, null, c, accumulate: true, Epilogue.GeluBackward(activated));
        return [.. kernels.ToArray(c), .. kernels.ToArray(activated)];
    }
}
