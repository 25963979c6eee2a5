using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Products with 16-bit floats.</summary>
[TestClass]
public sealed class MatmulHalvesTests
{
    /// <summary>Whole quads and not, and a depth that is cut into parts.</summary>
    private static readonly (int M, int N, int K)[] Sizes = [(132, 140, 52), (1, 70, 34), (36, 132, 772)];

    public static IEnumerable<object[]> Tiles => Enumerable.Range(0, MatmulTile.All.Count).Select(tile => new object[] { tile });

    /// <summary>However the words are read, the sums are those of their values in 32 bits, in the same order.</summary>
    [TestMethod]
    [DynamicData(nameof(Tiles))]
    public void A_product_has_the_bits_of_the_one_with_the_values_widened(int tile)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = MatmulKernel.Tile });
        VulkanKernels kernels = device.Kernels;
        kernels.ForcedTile = MatmulTile.All[tile];
        foreach (HalfFormat format in tile == 0 ? Enum.GetValues<HalfFormat>() : [HalfFormat.Float16])
        {
            foreach ((bool transposeA, bool transposeB) in new[] { (false, false), (false, true), (true, false) })
            {
                foreach ((int m, int n, int k) in Sizes)
                {
                    using var run = new CaseRun(kernels, new RandomValues(1));
                    Tensor a = transposeA ? run.Normal(k, m) : run.Normal(m, k), bias = run.Normal(1, n);
                    var shape = transposeB ? new Shape(n, k) : new Shape(k, n);
                    Tensor words = run.Halves(format, shape.Rows, shape.Columns), wide = run.Blank(shape.Rows, shape.Columns);
                    Tensor expected = run.Blank(m, n), found = run.Blank(m, n);
                    kernels.Widen(words, format, wide);
                    kernels.Matmul(a, transposeA, wide, transposeB, bias, expected);

                    kernels.MatmulHalves(a, transposeA, words, format, transposeB, bias, found);

                    CollectionAssert.AreEqual(
                        kernels.ToArray(expected), kernels.ToArray(found), $"{format} {m}x{n}x{k} {transposeA} {transposeB}");
                }
            }
        }
    }

    /// <summary>A GPU reads a weight's 16 bits in every product; a copy in 32 bits would be three times the memory.</summary>
    [TestMethod]
    [DataRow(MatmulKernel.Subgroup, 34 * 64 * 4)]
    [DataRow(MatmulKernel.Tile, 0)]
    public void Only_the_form_for_software_drivers_takes_a_copy_in_32_bits(MatmulKernel matmul, int bytes)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = matmul });
        using var run = new CaseRun(device.Kernels, new RandomValues(1));
        Tensor a = run.Normal(5, 64), words = run.Halves(HalfFormat.Float16, 34, 64), c = run.Blank(5, 34);
        device.Kernels.ResetPeakMemory();
        long before = device.Kernels.PeakMemory.Total;

        device.Kernels.MatmulHalves(a, false, words, HalfFormat.Float16, true, null, c);

        Assert.AreEqual(bytes, device.Kernels.PeakMemory.Total - before);
    }

    [TestMethod]
    [DataRow(4, 5, 3, 6, false, DType.UInt32)] // another depth than a
    [DataRow(4, 6, 3, 6, true, DType.UInt32)] // the same of a transposed b
    [DataRow(4, 4, 3, 3, false, DType.UInt32)] // a product as wide as the words
    [DataRow(4, 4, 3, 6, false, DType.Float32)]
    public void Words_that_do_not_fit_are_refused(int depth, int rows, int columns, int productColumns, bool transposeB, DType type)
    {
        IKernels kernels = TestDevice.Kernels;
        using Tensor a = kernels.Zeros(new Shape(2, depth), MemoryCategory.Scratch);
        using Tensor c = kernels.Zeros(new Shape(2, productColumns), MemoryCategory.Scratch);
        using Tensor words = kernels.Allocate(new Shape(rows, columns), type, MemoryCategory.Scratch);

        Assert.ThrowsExactly<ArgumentException>(() => kernels.MatmulHalves(a, false, words, HalfFormat.Float16, transposeB, null, c));
    }
}
