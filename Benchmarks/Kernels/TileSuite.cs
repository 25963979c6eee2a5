using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Performance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Benchmarks.Kernels;

/// <summary>Every tile that matmul_tile can take, at every product.</summary>
/// <param name="kernels">Where.</param>
internal sealed class TileSuite(VulkanKernels kernels)
{
    private const double LeastSeconds = 0.01;

    /// <summary>Runs it.</summary>
    /// <param name="progress">Told what comes next.</param>
    /// <param name="cancellation">Stops between products.</param>
    /// <exception cref="DeviceException">The device multiplies in another way.</exception>
    public IEnumerable<Measurement> Run(Action<string> progress, CancellationToken cancellation)
    {
        if (kernels.MatmulKernel != MatmulKernel.Tile)
            throw new DeviceException($"{kernels.Device.Info.Name} does not multiply in tiles; only GPUs do.");

        var timing = new PerfRun(kernels, LeastSeconds);
        foreach ((_, string name, PerfCase product) in KernelSuite.Products(kernels.Device.Info.Kind))
        {
            cancellation.ThrowIfCancellationRequested();
            progress(product.Name);
            using var run = new CaseRun(kernels, new RandomValues(1));
            Action action = product.Prepare(run);
            foreach (MatmulTile tile in MatmulTile.All.Where(tile => tile.Fits(kernels.Device.Facts)))
            {
                kernels.ForcedTile = tile;
                yield return new($"tile_{tile}_{name}_gflops", product.Operations / timing.Time(action) / 1e9, "GFLOP/s");
            }

            kernels.ForcedTile = null;
        }
    }
}
