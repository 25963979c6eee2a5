using System.Globalization;
using System.Text.RegularExpressions;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Kernels;

namespace VkSparseGrad.Tests.Devices;

/// <summary>The kernel cases on devices that allow less at once, or run the other matmul.</summary>
[TestClass]
public sealed partial class WindowTests
{
    private const int SmallRange = 64 << 10;

    private static readonly string[] WindowedOps =
    [
        "Add", "Scale", "Gelu", "GeluBackward", "SwiGlu", "SwiGluBackward", "ApplyDropout", "Widen", "Narrow", "SquaredNorm", "AdamW", "GatherRows", "GatherHalves",
        "ScatterAddRows", "Rotate", "Matmul", "MatmulHalves", "AccumulateGram",
    ];

    [TestMethod]
    public void Small_bindings_change_no_result()
    {
        // A wide row would bind more than that; see the last test.
        IEnumerable<KernelCase> known = KernelCases.ByName.Values.Where(
            item => WindowedOps.Contains(item.Op) && Sizes().Matches(item.Parameters).All(
                size => int.Parse(size.ValueSpan, CultureInfo.InvariantCulture) < 200));

        Run(known.Concat(Large()), new DeviceOptions { MaxStorageBufferRange = SmallRange });
    }

    [TestMethod]
    public void The_forms_for_a_GPU_agree_with_the_reference() => Run(
        KernelCases.ByName.Values.Concat(Large()).Where(item => item.Op is "Matmul" or "MatmulHalves" or "AccumulateGram" or "ColumnSum" or "SquaredNorm" or
            "SparseScatter" or "Attention" or "AttentionBackward" or "GatherRows" or "GatherHalves" or "TopK"),
        new DeviceOptions { Matmul = MatmulKernel.Tile });

    [TestMethod]
    public void The_tile_matmul_with_small_bindings() => Run(
        Large().Where(item => item.Op is "Matmul" or "MatmulHalves"), new DeviceOptions { Matmul = MatmulKernel.Tile, MaxStorageBufferRange = SmallRange });

    [TestMethod]
    public void A_binding_that_cannot_be_split_says_so()
    {
        using var small = new WatchedDevice(new DeviceOptions { MaxStorageBufferRange = SmallRange });
        VulkanKernels kernels = small.Kernels;
        using Tensor a = kernels.Zeros(new Shape(300, 100), MemoryCategory.Scratch);
        using Tensor c = kernels.Zeros(new Shape(1, 100), MemoryCategory.Scratch);

        DeviceException error = Assert.ThrowsExactly<DeviceException>(() => kernels.ColumnSum(a, null, c));

        Assert.Contains("column_sum would bind 120000 bytes", error.Message);
        Assert.Contains("65536", error.Message);
    }

    [GeneratedRegex(@"(?<=(rows|columns|m|n|k)=)\d+")]
    private static partial Regex Sizes();

    private static void Run(IEnumerable<KernelCase> cases, DeviceOptions options)
    {
        using var device = new WatchedDevice(options with { Guards = true });
        using var run = new ConformanceRun(device.Kernels);

        string[] faults =
        [
            .. cases.Select(run.Run).Where(result => result.Status != CaseStatus.Passed)
                .Select(result => $"{result.Op} {result.Parameters}: {result.Message}"),
        ];

        Assert.IsEmpty(faults, string.Join("\n", faults));
    }

    /// <summary>Operands of several windows, the last of them no whole one.</summary>
    private static IEnumerable<KernelCase> Large()
    {
        yield return new("Add", "large", run =>
        {
            Tensor sum = run.Normal(1, 40_003);
            run.Kernels.Add(run.Normal(1, 40_003), sum);
            run.Compare("sum", sum, 0);
        });
        yield return new("Gelu", "large", run =>
        {
            Tensor y = run.Blank(3, 20_001);
            run.Kernels.Gelu(run.Normal(3, 20_001), y);
            run.Compare("y", y, 2e-6);
        });
        yield return new("Scale", "large", run =>
        {
            Tensor y = run.Blank(3, 20_001);
            run.Kernels.Scale(run.Normal(3, 20_001), -0.75f, y);
            run.Compare("y", y, 2e-6);
        });
        yield return new("GeluBackward", "large", run =>
        {
            Tensor dx = run.Blank(3, 20_001);
            run.Kernels.GeluBackward(run.Normal(3, 20_001), run.Normal(3, 20_001), dx);
            run.Compare("dx", dx, 2e-6);
        });
        yield return new("SwiGlu", "large", run =>
        {
            Tensor y = run.Blank(3, 20_001);
            run.Kernels.SwiGlu(run.Normal(3, 20_001), run.Normal(3, 20_001), y);
            run.Compare("y", y, 2e-6);
        });
        yield return new("SwiGluBackward", "large", run =>
        {
            Tensor dGate = run.Blank(3, 20_001), dUp = run.Blank(3, 20_001);
            run.Kernels.SwiGluBackward(run.Normal(3, 20_001), run.Normal(3, 20_001), run.Normal(3, 20_001), dGate, dUp);
            run.Compare("dGate", dGate, 2e-6);
            run.Compare("dUp", dUp, 2e-6);
        });
        yield return new("Widen", "large", run =>
        {
            uint[] words = [.. Enumerable.Range(0, 30_002).Select(_ => (uint)run.Generator.NextBits())];
            Tensor y = run.Blank(3, 20_001);
            run.Kernels.Widen(run.Ids(words), HalfFormat.BFloat16, y);
            run.Compare("y", y, 0);
        });
        yield return new("Narrow", "large", run =>
        {
            Tensor words = run.BlankIds(30_002);
            run.Kernels.Narrow(run.Normal(3, 20_001), words);
            run.Compare("words", words, 0);
        });
        yield return new("Rotate", "large", run =>
        {
            Tensor y = run.Blank(700, 60);
            uint[] positions = [.. Enumerable.Range(0, 700).Select(i => (uint)(i % 11))];
            run.Kernels.Rotate(run.Normal(700, 60), run.Normal(11, 12), run.Ids(positions), inverse: false, y);
            run.Compare("y", y, 1e-6);
        });
        yield return new("ApplyDropout", "large", run =>
        {
            Tensor x = run.Normal(5, 9_999);
            run.Kernels.ApplyDropout(x, new Dropout(0.1f, 5, 6, 7), x);
            run.Compare("x", x, 0);
        });
        yield return new("SquaredNorm", "large", run =>
        {
            Tensor partials = run.Blank(1, IKernels.NormPartials);
            run.Kernels.SquaredNorm(run.Normal(1, 50_001), partials, 0);
            run.Compare("sum", [run.Read(partials).Sum()], 2e-5);
        });
        yield return new("AdamW", "large", run =>
        {
            Tensor parameter = run.Normal(7, 7_001), gradient = run.Normal(7, 7_001), moment1 = run.Normal(7, 7_001);
            Tensor moment2 = run.Matrix(7, 7_001, Array.ConvertAll(run.Generator.Normal(7 * 7_001), MathF.Abs));
            run.Kernels.AdamW(
                parameter, gradient, moment1, moment2, run.Matrix(1, 2, 0.5f, 1), new AdamParameters(1e-3, 0.9, 0.999, 1e-8, 0.01, 3));
            run.Compare("parameter", parameter, 2e-6);
            run.Compare("moment1", moment1, 2e-6);
            run.Compare("moment2", moment2, 2e-6);
        });
        yield return new("GatherRows", "large", run =>
        {
            Tensor y = run.Blank(37, 60);
            run.Kernels.GatherRows(run.Normal(700, 60), run.Ids(RandomRows(run)), y);
            run.Compare("y", y, 0);
        });
        foreach (int words in new[] { 60, 63 })
        {
            yield return new("GatherHalves", $"large {words}", run =>
            {
                Tensor table = run.Own(run.Kernels.Allocate(new Shape(700, words), DType.UInt32, MemoryCategory.Scratch)), y = run.Blank(37, 2 * words);
                run.Kernels.Upload([.. Enumerable.Range(0, 700 * words).Select(_ => (uint)run.Generator.NextBits())], table);
                run.Kernels.GatherHalves(table, HalfFormat.Float16, run.Ids(RandomRows(run)), y);
                run.Compare("y", y, 0);
            });
        }

        yield return new("ScatterAddRows", "large", run =>
        {
            RowSegments segments = run.Own(RowSegments.Create(run.Kernels, RandomRows(run)));
            Tensor dTable = run.Normal(700, 60);
            run.Kernels.ScatterAddRows(run.Normal(37, 60), segments, dTable);
            run.Compare("dTable", dTable, 5e-6);
        });
        foreach ((int m, int n, int k) in new[] { (62, 9, 1301), (9, 62, 1301), (64, 60, 1304), (60, 130, 1301) })
        {
            // Both operands have the depth down their rows.
            yield return new("Matmul", $"{m} x {n} x {k} transposeA=True", run =>
            {
                Tensor a = run.Normal(k, m), c = run.Normal(m, n);
                run.Kernels.Matmul(a, true, run.Normal(k, n), false, run.Normal(1, n), c, accumulate: true);
                run.Compare("c", c, 1e-5);
            });
        }

        foreach (bool transposeB in new[] { false, true })
        {
            // The other operand in several windows: its rows are columns of the product, or else the depth.
            foreach ((int m, int n, int k) in transposeB ? new[] { (9, 1301, 126), (9, 1304, 128) } : [(9, 126, 1301), (9, 128, 1304)])
            {
                yield return new("MatmulHalves", $"{m} x {n} x {k} transposeB={transposeB}", run =>
                {
                    Tensor words = run.Halves(HalfFormat.BFloat16, transposeB ? n : k, transposeB ? k : n), c = run.Normal(m, n);
                    run.Kernels.MatmulHalves(run.Normal(m, k), false, words, HalfFormat.BFloat16, transposeB, run.Normal(1, n), c, accumulate: true);
                    run.Compare("c", c, 1e-5);
                });
            }

            foreach ((int m, int n, int k) in transposeB ? new[] { (9, 1301, 62), (9, 1301, 64) } : [(9, 64, 1301), (9, 64, 1304), (9, 60, 1304)])
            {
                yield return new("Matmul", $"{m} x {n} x {k} transposeB={transposeB}", run =>
                {
                    Tensor b = transposeB ? run.Normal(n, k) : run.Normal(k, n), c = run.Normal(m, n);
                    run.Kernels.Matmul(run.Normal(m, k), false, b, transposeB, run.Normal(1, n), c, accumulate: true);
                    run.Compare("c", c, 1e-5);
                });
            }

            // Windows of the depth, of columns and of rows.
            foreach ((int M, int N, int K) size in transposeB ? [(9, 1301, 132), (9, 1304, 132)] : ((int, int, int)[])[(9, 64, 1301), (9, 60, 1304), (700, 64, 132)])
            {
                yield return KernelCases.Activated(size, transposeA: false, transposeB, backward: false, halves: null);
                yield return KernelCases.Activated(size, transposeA: false, transposeB, backward: true, halves: null);
            }

            yield return new("Matmul", $"large transposeB={transposeB}", run =>
            {
                Tensor c = run.Normal(700, 64), b = transposeB ? run.Normal(64, 32) : run.Normal(32, 64);
                run.Kernels.Matmul(run.Normal(700, 32), false, b, transposeB, run.Normal(1, 64), c, accumulate: true);
                run.Compare("c", c, 5e-6);
            });
        }
    }

    /// <summary>The rows on both sides of the windows' edges among them.</summary>
    private static uint[] RandomRows(CaseRun run) =>
        [0, 255, 256, 511, 512, 699, .. Enumerable.Range(0, 31).Select(_ => (uint)run.Generator.NextInt(700))];
}
