using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Planning;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;

namespace VkSparseGrad.Tests.Planning;

/// <summary>The scratch memory of single ops, as planned and as taken, in the forms for software drivers and for GPUs.</summary>
[TestClass]
public sealed class CountedScratchTests
{
    /// <summary>Depths that crowd a CPU's cache, used often enough for a copy and not; ones that a GPU cuts into parts; odd ones.</summary>
    private static readonly (int M, int N, int K)[] Products =
        [(512, 256, 384), (512, 256, 1024), (511, 256, 1024), (256, 512, 384), (9, 5, 128), (9, 5, 1022), (36, 132, 772), (70, 33, 1541), (260, 300, 2048), (31, 33, 65)];

    [TestMethod]
    [DataRow(MatmulKernel.Subgroup)]
    [DataRow(MatmulKernel.Tile)]
    public void Plans_know_it_to_the_byte(MatmulKernel matmul)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = matmul });
        using var counting = new CountingKernels(matmul, device.Device.SubgroupSize);
        AssertEqual(device.Kernels, counting, "top-k of several", kernels =>
        {
            using Tensor small = Zeros(kernels, 3, 7), large = Zeros(kernels, 96, 200);
            using Tensor two = kernels.Allocate(Shape.Vector(2), DType.UInt32, MemoryCategory.Gradients), twoValues = Zeros(kernels, 1, 2);
            using Tensor nine = kernels.Allocate(Shape.Vector(9), DType.UInt32, MemoryCategory.Gradients), nineValues = Zeros(kernels, 1, 9);
            kernels.TopK([new(small, two, twoValues), new(large, nine, nineValues)]);
        });
        foreach ((int m, int n, int k) in Products)
        {
            foreach ((bool transposeA, bool transposeB) in new[] { (false, false), (false, true), (true, false) })
            {
                AssertEqual(device.Kernels, counting, $"{m} x {n} x {k}, {transposeA}, {transposeB}", kernels =>
                {
                    using Tensor a = Zeros(kernels, transposeA ? k : m, transposeA ? m : k), b = Zeros(kernels, transposeB ? n : k, transposeB ? k : n);
                    using Tensor c = Zeros(kernels, m, n);
                    kernels.Matmul(a, transposeA, b, transposeB, null, c);
                });
                if ((transposeB ? k : n) % 2 == 0)
                {
                    AssertEqual(device.Kernels, counting, $"{m} x {n} x {k} of halves, {transposeA}, {transposeB}", kernels =>
                    {
                        using Tensor a = Zeros(kernels, transposeA ? k : m, transposeA ? m : k), c = Zeros(kernels, m, n);
                        using Tensor words = kernels.Allocate(new Shape(transposeB ? n : k, (transposeB ? k : n) / 2), DType.UInt32, MemoryCategory.Weights);
                        kernels.MatmulHalves(a, transposeA, words, HalfFormat.Float16, transposeB, null, c);
                    });
                }
            }

            AssertEqual(device.Kernels, counting, $"Gram of {m} x {k}", kernels =>
            {
                using Tensor g = Zeros(kernels, m, k), gram = Zeros(kernels, m, m);
                kernels.AccumulateGram(g, transpose: false, gram);
            });
        }

        // More rows that crowd a CPU's cache than a binding holds.
        AssertEqual(device.Kernels, counting, "a large vocabulary", kernels =>
        {
            using Tensor a = Zeros(kernels, 512, 1024), b = Zeros(kernels, 34_000, 1024), c = Zeros(kernels, 512, 34_000);
            kernels.Matmul(a, false, b, true, null, c);
        });

        foreach (int rows in (int[])[1, 128, 129, 8192, 8193])
        {
            AssertEqual(device.Kernels, counting, $"sums of {rows} rows", kernels =>
            {
                using Tensor x = Zeros(kernels, rows, 12), total = Zeros(kernels, 1, 12);
                kernels.ColumnSum(x, null, total);
            });
        }
    }

    private static Tensor Zeros(IKernels kernels, int rows, int columns) => kernels.Zeros(new Shape(rows, columns), MemoryCategory.Weights);

    private static void AssertEqual(IKernels real, IKernels planned, string what, Action<IKernels> run)
    {
        long[] peaks = [.. new[] { real, planned }.Select(kernels =>
        {
            kernels.ResetPeakMemory();
            run(kernels);
            return kernels.PeakMemory[MemoryCategory.Scratch];
        })];
        Assert.AreEqual(peaks[0], peaks[1], what);
    }
}
