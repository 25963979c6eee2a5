using VkSparseGrad.Devices;

namespace VkSparseGrad.Kernels.Vulkan.Tuning;

/// <summary>Into which tiles a GPU divides products fastest, measured for some sizes or many. Kept in
/// <see cref="DeviceOptions.TuningFolder"/>, it changes the speed of every later run on the device and no bit of a result.</summary>
public sealed class MatmulTuning
{
    private readonly VulkanDevice device;

    // Null where the rule's is as fast.
    private readonly IReadOnlyDictionary<MeasuredProduct, MatmulTile?> tiles;

    private MatmulTuning(VulkanDevice device, IReadOnlyDictionary<MeasuredProduct, MatmulTile?> tiles)
    {
        this.device = device;
        this.tiles = tiles;
    }

    /// <summary>Products that <see cref="Measure(VulkanDevice, Action{int}?, CancellationToken)"/> measures.</summary>
    public static int Products => MeasuredProduct.All.Count;

    /// <summary>Products that were measured.</summary>
    public int Measured => tiles.Count;

    /// <summary>Of these, products that take another tile than the rule's.</summary>
    public int Changed => tiles.Values.Count(tile => tile is not null);

    /// <summary>Measures every tile that a device can run, at the products of well-known models: what <see cref="MeasureUsed"/> does without
    /// being asked, for a file to bring along. Blocks for about a minute on a fast GPU, longer on others.</summary>
    /// <param name="device">A GPU, with <see cref="DeviceOptions.TuningFolder"/>. It needs 64 MiB of memory, and nothing else to do:
    /// not between the frames of a host.</param>
    /// <param name="measured">Told how many products are done.</param>
    /// <param name="cancellation">Stops between tiles.</param>
    /// <exception cref="DeviceException">The device multiplies in one way only, as software drivers do.</exception>
    /// <exception cref="ArgumentException">The device was opened without a folder.</exception>
    public static MatmulTuning Measure(VulkanDevice device, Action<int>? measured = null, CancellationToken cancellation = default) =>
        Measure(device, MeasuredProduct.All, measured, cancellation);

    /// <summary>Measures the products that some kernels have computed and nobody has measured before, for their next ones and for later runs.
    /// Blocks for about a tenth of a second a product on a fast GPU, longer on others; does nothing where nothing is new, where there is one
    /// way to multiply only, or without <see cref="DeviceOptions.TuningFolder"/>.</summary>
    /// <remarks>What goes wrong stops no run: what has been measured until then is kept, in the folder where that can be written, and
    /// what else is new goes by the rule from then on.</remarks>
    /// <param name="kernels">Between two steps, and not between the frames of a host. Beside what they hold it needs up to 64 MiB of
    /// memory.</param>
    /// <param name="starting">Told how many products will be measured, if any.</param>
    /// <param name="cancellation">Stops between tiles.</param>
    public static void MeasureUsed(VulkanKernels kernels, Action<int>? starting = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        if (kernels.Unmeasured.Count == 0 || kernels.Tuning is not MatmulTuning own)
        {
            return;
        }

        // Other kernels may have measured some of them.
        VulkanDevice device = kernels.Device;
        Dictionary<MeasuredProduct, MatmulTile?> known = own.WithKept();
        MeasuredProduct[] products = [.. kernels.Unmeasured.Where(product => !known.ContainsKey(product))];
        kernels.Unmeasured.Clear();
        if (products.Length == 0)
        {
            kernels.Tuning = new MatmulTuning(device, known);
            return;
        }

        starting?.Invoke(products.Length);
        try
        {
            Measure(device, products, known, null, cancellation);

            // Its operands are larger than much of what a step has.
            kernels.Trim();
        }
        catch (DeviceException)
        {
            // No memory, or a tile that the driver refuses; if the device is lost, the next step says so.
            kernels.NotesUnmeasured = false;
        }
        finally
        {
            kernels.Tuning = new MatmulTuning(device, known);
            SaveIfPossible(kernels.Tuning);
        }
    }

    /// <summary>The same as <see cref="Measure(VulkanDevice, Action{int}?, CancellationToken)"/> for some products.</summary>
    internal static MatmulTuning Measure(
        VulkanDevice device, IReadOnlyList<MeasuredProduct> products, Action<int>? measured = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Options.TuningFolder is null)
        {
            throw new ArgumentException("The device was opened without a TuningFolder.", nameof(device));
        }

        var tiles = new Dictionary<MeasuredProduct, MatmulTile?>();
        Measure(device, products, tiles, measured, cancellation);
        return new MatmulTuning(device, tiles);
    }

    private static void Measure(
        VulkanDevice device, IReadOnlyList<MeasuredProduct> products, Dictionary<MeasuredProduct, MatmulTile?> tiles, Action<int>? measured,
        CancellationToken cancellation)
    {
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

        for (int i = 0; i < products.Count; i++)
        {
            using var trial = new TileTrial(kernels, products[i], values);
            tiles.Add(products[i], trial.Fastest(cancellation));
            measured?.Invoke(i + 1);
        }
    }

    /// <summary>These and what is in the folder, where that can be read.</summary>
    private Dictionary<MeasuredProduct, MatmulTile?> WithKept()
    {
        var all = new Dictionary<MeasuredProduct, MatmulTile?>();
        try
        {
            all = TuningFile.Read(device);
        }
        catch (DeviceException)
        {
            // It will be written anew.
        }

        foreach ((MeasuredProduct product, MatmulTile? tile) in tiles)
        {
            all[product] = tile;
        }

        return all;
    }

    private static void SaveIfPossible(MatmulTuning tuning)
    {
        try
        {
            tuning.Save();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It serves this run.
        }
    }

    /// <summary>Writes it into the device's <see cref="DeviceOptions.TuningFolder"/>, beside what is there of other products, for kernels made
    /// from then on.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public string Save()
    {
        string file = TuningFile.Of(device)!;
        TuningFile.Write(file, device, WithKept());
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

    /// <summary>What earlier runs measured.</summary>
    /// <exception cref="DeviceException">Its file cannot be read.</exception>
    internal static MatmulTuning Load(VulkanDevice device) => new(device, TuningFile.Read(device));

    /// <summary>Whether a product was measured.</summary>
    /// <param name="product">The product.</param>
    /// <param name="tile">Its tile, or null where the rule's is as fast.</param>
    internal bool Has(MeasuredProduct product, out MatmulTile? tile) => tiles.TryGetValue(product, out tile);
}
