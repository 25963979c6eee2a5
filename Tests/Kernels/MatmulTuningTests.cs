using System.Text.Json;
using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Kernels.Vulkan.Tuning;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Measured tiles: which product takes which, what is kept, and what a file may hold.</summary>
[TestClass]
public sealed class MatmulTuningTests
{
    /// <summary>The first stands for what <see cref="Product"/> computes.</summary>
    private static readonly MeasuredProduct[] Smallest = [new(false, true, 128, 140, 52), new(false, false, 128, 140, 52), new(true, false, 132, 140, 128)];

    [TestMethod]
    [DataRow(2048, 768, 768, "nt_2048_768_768")]
    [DataRow(1983, 100, 1, "nt_1920_100_1")] // tokens alone are rounded, to 128s
    [DataRow(1984, 100, 1, "nt_2048_100_1")]
    [DataRow(64, 3072, 770, "nt_128_3072_770")]
    public void A_product_takes_the_tile_of_one_with_its_widths_and_about_its_tokens(int m, int n, int k, string expected) =>
        Assert.AreEqual(expected, $"{MeasuredProduct.Of(false, true, (m, n, k))}");

    [TestMethod]
    public void Tokens_are_the_depth_where_the_left_operand_is_transposed() =>
        Assert.AreEqual("tn_3072_100_384", $"{MeasuredProduct.Of(true, false, (3072, 100, 400))}");

    [TestMethod]
    [DataRow(63, 768, 768)] // half of a tile would lie outside
    [DataRow(2048, 8, 768)] // LoRA's narrow products
    [DataRow(4097, 768, 768)]
    [DataRow(128, 30_522, 768)] // logits over a vocabulary
    public void A_product_too_small_or_too_large_goes_by_the_rule(int m, int n, int k)
    {
        Assert.IsNull(MeasuredProduct.Of(false, true, (m, n, k)));
        Assert.IsNull(MeasuredProduct.Of(true, false, (k, n, m)));
    }

    [TestMethod]
    public void Names_are_read_as_they_are_written()
    {
        Assert.HasCount(432, MeasuredProduct.All.Distinct());
        foreach (MeasuredProduct product in MeasuredProduct.All)
        {
            Assert.AreEqual(product, MeasuredProduct.Of(product.TransposeA, product.TransposeB, (product.M, product.N, product.K)));
            Assert.AreEqual(product, MeasuredProduct.Parse(product.ToString()));
        }
    }

    [TestMethod]
    [DataRow(""), DataRow("nt"), DataRow("tt_128_128_256"), DataRow("nt_128_128"), DataRow("nt_128_128_256_1"), DataRow("nt_129_128_256")]
    [DataRow("nt_+128_128_256"), DataRow("nt_0128_128_256"), DataRow("nt_128_128_99999999999"), DataRow("nt_128_999999999_256")]
    public void Other_names_are_none(string name) => Assert.IsNull(MeasuredProduct.Parse(name));

    [TestMethod]
    [DataRow(-1, 2)]
    [DataRow(2, 1)] // the fastest computes something else
    [DataRow(0, null)] // all others do
    public void The_fastest_tile_with_the_usual_ones_result_is_taken(int wrong, int? expected)
    {
        IReadOnlyList<MatmulTile> tiles = MatmulTile.All;

        MatmulTile? found = TileTrial.Fastest(
            (tiles[0], 1),
            [(tiles[1], 0.9), (tiles[2], 0.5), (tiles[3], 1.5)],
            tile => [1, wrong >= 0 && tile == tiles[wrong] ? -0.0f : 0]);

        Assert.AreEqual(expected is int i ? tiles[i] : null, found);
    }

    [TestMethod]
    public void A_difference_within_the_noise_changes_no_tile() =>
        Assert.IsNull(TileTrial.Fastest((MatmulTile.All[0], 1), [(MatmulTile.All[1], 0.99)], _ => [1]));

    [TestMethod]
    public void Products_are_measured_kept_and_forgotten()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        var told = new List<int>();

        MatmulTuning tuning = MatmulTuning.Measure(device.Device, Smallest, told.Add);
        string file = tuning.Save();

        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, told);
        CollectionAssert.AreEqual(new[] { file }, Directory.GetFiles(folder.Path));
        using (JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file)))
        {
            Assert.Contains("llvmpipe", document.RootElement.GetProperty("device").GetString()!);
            JsonProperty[] products = [.. document.RootElement.GetProperty("products").EnumerateObject()];
            CollectionAssert.AreEquivalent(Smallest.Select(product => product.ToString()).ToArray(), products.Select(product => product.Name).ToArray());
            Assert.AreEqual(Smallest.Length, tuning.Measured);

            // At this size the rule's tile is the first.
            string?[] tiles = [.. products.Select(product => product.Value.GetString())];
            Assert.AreEqual(tuning.Changed, tiles.Count(tile => tile is not null));
            CollectionAssert.IsSubsetOf(tiles.Distinct().ToArray(), (string?[])[null, .. MatmulTile.All.Skip(1).Select(other => other.ToString())]);
        }

        Assert.AreEqual(file, MatmulTuning.Forget(device.Device));
        Assert.IsFalse(File.Exists(file));
        Assert.IsNull(MatmulTuning.Forget(device.Device));
    }

    [TestMethod]
    public void What_is_written_is_read_again()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        MatmulTile?[] choices = [null, .. MatmulTile.All];
        var tiles = MeasuredProduct.All.Select((product, i) => (product, Tile: choices[i % choices.Length]))
            .ToDictionary(item => item.product, item => item.Tile);

        string file = TuningFile.Of(device.Device)!;

        TuningFile.Write(file, device.Device, tiles);

        CollectionAssert.AreEquivalent(tiles, TuningFile.Read(device.Device));
        CollectionAssert.AreEqual(new[] { file }, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void A_kept_tile_runs_and_changes_no_bit()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        float[] expected = Product(device.Kernels);
        MatmulTile other = MatmulTile.All[^1];
        TuningFile.Write(TuningFile.Of(device.Device)!, device.Device, new Dictionary<MeasuredProduct, MatmulTile?> { [Smallest[0]] = other });
        int pipelines = device.Device.Pipelines.Count;

        using var tuned = new VulkanKernels(device.Device);
        float[] found = Product(tuned);

        Assert.AreEqual(pipelines + 1, device.Device.Pipelines.Count, "the other tile is another pipeline");
        CollectionAssert.AreEqual(expected, found);
        Assert.AreEqual(1, tuned.Tuning!.Measured);
        Assert.AreEqual(other, tuned.TileOf(false, true, (132, 140, 52), parts: 1));
        Assert.AreNotEqual(other, tuned.TileOf(false, false, (132, 140, 52), parts: 1), "another form");
        Assert.AreNotEqual(other, tuned.TileOf(false, true, (132, 140, 56), parts: 1), "another width");
    }

    [TestMethod]
    public void What_was_measured_among_other_tiles_is_passed_over()
    {
        using var folder = new TempFolder();
        using (WatchedDevice device = Open(folder))
        {
            TuningFile.Write(
                TuningFile.Of(device.Device)!, device.Device, new Dictionary<MeasuredProduct, MatmulTile?> { [Smallest[0]] = MatmulTile.All[^1] });
        }

        using var restricted = new WatchedDevice(Options(folder) with { MaxSharedMemory = 16384 });
        Assert.IsFalse(MatmulTile.All[^1].Fits(restricted.Device.Facts));
        Assert.AreEqual(0, restricted.Kernels.Tuning!.Measured);
        Assert.AreEqual(MatmulTile.All[0], restricted.Kernels.TileOf(false, true, (128, 128, 256), parts: 1));
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("""{"tried": 1, "products": {}}""")]
    [DataRow("""{"tried": ["32x32_4x4_8", "64x64_8x4_16", "64x64_8x4_8", "128x64_8x8_8", "128x128_8x8_8"], "products": []}""")]
    [DataRow("""{"tried": ["32x32_4x4_8", "64x64_8x4_16", "64x64_8x4_8", "128x64_8x8_8", "128x128_8x8_8"], "products": {"nt_128_140_52": 3}}""")]
    [DataRow("""{"tried": ["32x32_4x4_8", "64x64_8x4_16", "64x64_8x4_8", "128x64_8x8_8", "128x128_8x8_8"], "products": {"nt_128_140_52": "9x9_3x3_1"}}""")]
    public void A_file_that_is_no_such_file_is_named_and_measured_anew(string content)
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        string file = Write(folder, device.Device, content);

        DeviceException error = Assert.ThrowsExactly<DeviceException>(() => Product(device.Kernels));
        Assert.Contains(file, error.Message);
        Assert.Contains("Delete the file", error.Message);

        MatmulTuning.Measure(device.Device, Smallest[..1]).Save();
        using var tuned = new VulkanKernels(device.Device);
        Product(tuned);
    }

    [TestMethod]
    public void A_file_without_bound_is_not_read()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        Write(folder, device.Device, new string(' ', (1 << 20) + 1));
        Assert.Contains("1048577 bytes", Assert.ThrowsExactly<DeviceException>(() => Product(device.Kernels)).Message);
    }

    [TestMethod]
    public void Nothing_is_measured_without_a_folder_nor_where_there_is_one_way_only()
    {
        using var folder = new TempFolder();
        using (var device = new WatchedDevice(Options(folder) with { TuningFolder = null }))
        {
            Assert.ThrowsExactly<ArgumentException>(() => MatmulTuning.Measure(device.Device));
        }

        using var software = new WatchedDevice(Options(folder) with { Matmul = MatmulKernel.Subgroup });
        Assert.Contains("llvmpipe", Assert.ThrowsExactly<DeviceException>(() => MatmulTuning.Measure(software.Device)).Message);
    }

    [TestMethod]
    public void What_was_multiplied_is_measured_once()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        using var others = new VulkanKernels(device.Device);
        var told = new List<int>();
        Measure(device.Kernels);
        Assert.IsEmpty(Directory.GetFiles(folder.Path), "nothing was multiplied");
        float[] expected = Product(device.Kernels);
        Product(others);

        Measure(device.Kernels);
        CollectionAssert.AreEqual(expected, Product(device.Kernels));
        Measure(device.Kernels);
        Measure(others);

        CollectionAssert.AreEqual(new[] { 1 }, told, "others take over what was measured");
        Assert.AreEqual(1, others.Tuning!.Measured);

        // What comes later joins what is there, whoever measured it.
        MatmulTuning.Measure(device.Device, [new(true, false, 64, 65, 128)]).Save();
        Product(others, transposeB: false);
        Measure(others);
        CollectionAssert.AreEqual(new[] { 1, 1 }, told);
        using var later = new VulkanKernels(device.Device);
        Product(later);
        Product(later, transposeB: false);
        Assert.IsEmpty(later.Unmeasured);
        CollectionAssert.AreEquivalent(
            new[] { "nn_128_140_52", "nt_128_140_52", "tn_64_65_128" }, TuningFile.Read(device.Device).Keys.Select(product => product.ToString()).ToArray());

        void Measure(VulkanKernels kernels) => MatmulTuning.MeasureUsed(kernels, told.Add);
    }

    [TestMethod]
    public void Nothing_is_noted_without_a_folder_nor_where_there_is_one_way_only()
    {
        using var folder = new TempFolder();
        using var without = new WatchedDevice(Options(folder) with { TuningFolder = null });
        using var software = new WatchedDevice(Options(folder) with { Matmul = MatmulKernel.Subgroup });
        foreach (VulkanKernels kernels in new[] { without.Kernels, software.Kernels })
        {
            Product(kernels);
            MatmulTuning.MeasureUsed(kernels, _ => Assert.Fail("there is nothing to measure"));
            Assert.IsNull(kernels.Tuning);
        }

        Assert.IsEmpty(Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Without_the_memory_to_measure_products_go_by_the_rule()
    {
        using var folder = new TempFolder();
        using var device = new WatchedDevice(Options(folder) with { MemoryLimit = 34 << 20 });
        Product(device.Kernels);
        for (int i = 0; i < 2; i++)
        {
            using (var run = new CaseRun(device.Kernels, new RandomValues(7)))
            {
                // 29 MB; with the 256 tokens that stand for 192 it has 36.
                device.Kernels.Matmul(run.Zeros(192, 28_000), true, run.Zeros(192, 64), false, null, run.Blank(28_000, 64));
            }

            Assert.HasCount(i == 0 ? 2 : 0, device.Kernels.Unmeasured);
            MatmulTuning.MeasureUsed(device.Kernels);
        }

        // The first of the two could be measured.
        Assert.AreEqual(1, device.Kernels.Tuning!.Measured);
        Assert.HasCount(1, TuningFile.Read(device.Device));
    }

    [TestMethod]
    public void What_cannot_be_kept_serves_the_run()
    {
        using var folder = new TempFolder();
        string occupied = folder.Write("occupied", "a file where the folder would be");
        using var device = new WatchedDevice(Options(folder) with { TuningFolder = occupied });
        foreach (bool transposeB in new[] { true, false, true })
        {
            Product(device.Kernels, transposeB);
            MatmulTuning.MeasureUsed(device.Kernels);
        }

        Product(device.Kernels);
        Assert.IsEmpty(device.Kernels.Unmeasured);
        Assert.AreEqual(2, device.Kernels.Tuning!.Measured);
    }

    [TestMethod]
    public void A_file_that_becomes_unreadable_stops_no_run_and_is_written_anew()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        Product(device.Kernels);
        Write(folder, device.Device, "{");

        MatmulTuning.MeasureUsed(device.Kernels);

        Assert.HasCount(1, TuningFile.Read(device.Device));
    }

    [TestMethod]
    public void What_was_not_measured_when_it_was_stopped_is_measured_another_time()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        Product(device.Kernels);
        using var stop = new CancellationTokenSource();

        Assert.ThrowsExactly<OperationCanceledException>(() => MatmulTuning.MeasureUsed(device.Kernels, _ => stop.Cancel(), stop.Token));

        Product(device.Kernels);
        Assert.HasCount(1, device.Kernels.Unmeasured);
        MatmulTuning.MeasureUsed(device.Kernels);
        Assert.AreEqual(1, device.Kernels.Tuning!.Measured);
    }

    [TestMethod]
    public void A_stopped_measurement_leaves_what_was_there()
    {
        using var folder = new TempFolder();
        using WatchedDevice device = Open(folder);
        string file = Write(folder, device.Device, """{"tried": [], "products": {}}""");
        using var stop = new CancellationTokenSource();

        Assert.ThrowsExactly<OperationCanceledException>(() => MatmulTuning.Measure(device.Device, Smallest, _ => stop.Cancel(), stop.Token));

        Assert.AreEqual("""{"tried": [], "products": {}}""", File.ReadAllText(file));
    }

    private static WatchedDevice Open(TempFolder folder) => new(Options(folder));

    private static DeviceOptions Options(TempFolder folder) =>
        new() { Selector = "llvmpipe", Matmul = MatmulKernel.Tile, TuningFolder = folder.Path };

    private static string Write(TempFolder folder, VulkanDevice device, string content) =>
        folder.Write(Path.GetFileName(TuningFile.Of(device)!), content);

    private static float[] Product(VulkanKernels kernels, bool transposeB = true)
    {
        using var run = new CaseRun(kernels, new RandomValues(7));
        Tensor c = run.Blank(132, 140);
        kernels.Matmul(run.Normal(132, 52), false, transposeB ? run.Normal(140, 52) : run.Normal(52, 140), transposeB, null, c);
        return kernels.ToArray(c);
    }
}
