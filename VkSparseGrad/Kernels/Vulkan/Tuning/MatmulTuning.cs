using VkSparseGrad.Devices;

namespace VkSparseGrad.Kernels.Vulkan.Tuning;

/// <summary>Into which tiles a GPU divides products fastest, measured for many sizes. Kept in <see cref="DeviceOptions.TuningFolder"/>, it
/// changes the speed of every later run on the device and no bit of a result.</summary>
public sealed class MatmulTuning
{
    private readonly VulkanDevice device;
    private readonly IReadOnlyDictionary<MeasuredProduct, MatmulTile> tiles;

    private MatmulTuning(VulkanDevice device, IReadOnlyDictionary<MeasuredProduct, MatmulTile> tiles)
    {
        this.device = device;
        this.tiles = tiles;
    }

    /// <summary>Products that are measured.</summary>
    public static int Products => MeasuredProduct.All.Count;

    /// <summary>Products that take another tile than the rule's.</summary>
    public int Changed => tiles.Count;

    /// <summary>Measures every tile that a device can run, at every product. Blocks for about a minute on a fast GPU, longer on others.</summary>
    /// <param name="device">A GPU, with <see cref="DeviceOptions.TuningFolder"/>. It needs some 100 MB of memory, and nothing else to do:
    /// not between the frames of a host.</param>
    /// <param name="measured">Told how many products are done.</param>
    /// <param name="cancellation">Stops between tiles.</param>
    /// <exception cref="DeviceException">The device multiplies in one way only, as software drivers do.</exception>
    /// <exception cref="ArgumentException">The device was opened without a folder.</exception>
    public static MatmulTuning Measure(VulkanDevice device, Action<int>? measured = null, CancellationToken cancellation = default) =>
        Measure(device, MeasuredProduct.All, measured, cancellation);

    /// <summary>The same for some products.</summary>
    internal static MatmulTuning Measure(
        VulkanDevice device, IReadOnlyList<MeasuredProduct> products, Action<int>? measured = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Options.TuningFolder is null)
        {
            throw new ArgumentException("The device was opened without a TuningFolder.", nameof(device));
        }

        using var kernels = new VulkanKernels(device);
        if (kernels.MatmulKernel != MatmulKernel.Tile)
        {
            throw new DeviceException($"{device.Info.Name} multiplies in one way; there are tiles to choose from on GPUs only.");
        }

        var random = new Random(1);
        var values = new float[products.Max(product => Math.Max(product.M, product.N) * product.K)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        var tiles = new Dictionary<MeasuredProduct, MatmulTile>();
        for (int i = 0; i < products.Count; i++)
        {
            using var trial = new TileTrial(kernels, products[i], values);
            if (trial.Fastest(cancellation) is MatmulTile tile)
            {
                tiles.Add(products[i], tile);
            }

            measured?.Invoke(i + 1);
        }

        return new MatmulTuning(device, tiles);
    }

    /// <summary>Writes it into the device's <see cref="DeviceOptions.TuningFolder"/>, for kernels made from then on.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public string Save()
    {
        string file = TuningFile.Of(device)!;
        TuningFile.Write(file, device, tiles);
        return file;
    }

    /// <summary>Deletes what was measured of a device, which from then on goes by the rule.</summary>
    /// <returns>The file, or null where there was none.</returns>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    public static string? Forget(VulkanDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (TuningFile.Of(device) is not string file || !File.Exists(file))
        {
            return null;
        }

        File.Delete(file);
        return file;
    }

    /// <summary>What an earlier run measured, or null.</summary>
    /// <exception cref="DeviceException">Its file cannot be read.</exception>
    internal static MatmulTuning? Load(VulkanDevice device) =>
        TuningFile.Read(device) is { } tiles ? new MatmulTuning(device, tiles) : null;

    /// <summary>The tile for a product, or null where the rule's is as good or nothing like it was measured.</summary>
    internal MatmulTile? Tile(bool transposeA, bool transposeB, (int M, int N, int K) size) =>
        MeasuredProduct.Nearest(transposeA, transposeB, size) is MeasuredProduct near && tiles.TryGetValue(near, out MatmulTile tile) ? tile : null;
}
