using VkSparseGrad.Devices;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>How time and memory of a step grow with its sizes, one at a time.</summary>
/// <param name="device">Where.</param>
internal sealed class GrowthSuite(VulkanDevice device)
{
    private const double MiB = 1 << 20;

    /// <summary>Runs it.</summary>
    /// <param name="axes">The sizes.</param>
    /// <param name="methods">Those that are looked at.</param>
    /// <param name="progress">Told what comes next.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <returns>Times and peaks by size, and of either the exponent p of the size that fits them best.</returns>
    public IEnumerable<Measurement> Run(
        IReadOnlyList<GrowthAxis> axes, IReadOnlyList<BenchedMethod> methods, Action<string> progress, CancellationToken cancellation)
    {
        foreach (GrowthAxis axis in axes)
        {
            var times = new List<IReadOnlyList<MethodTime>>();
            foreach (int size in axis.Sizes)
            {
                progress($"growth: {size} {axis.Name}");
                GrowthStep step = axis.StepOf(size);
                times.Add(new StepSuite(device, step.Config, step.Sequences, step.Length).Run(methods, _ => { }, cancellation).Methods);
            }

            for (int method = 0; method < methods.Count; method++)
            {
                string name = $"growth_{axis.Name}_{methods[method].Name}";
                double[] milliseconds = [.. times.Select(time => time[method].Seconds * 1e3)];
                double[] peaks = [.. times.Select(time => time[method].PeakMemory.Total / MiB)];
                for (int i = 0; i < axis.Sizes.Count; i++)
                {
                    yield return new($"{name}_{axis.Sizes[i]}_ms", milliseconds[i], "ms");
                    yield return new($"{name}_{axis.Sizes[i]}_mib", peaks[i], "MiB");
                }

                yield return new($"{name}_time_exponent", Exponent(axis.Sizes, milliseconds), "exponent");
                yield return new($"{name}_memory_exponent", Exponent(axis.Sizes, peaks), "exponent");
            }
        }
    }

    /// <summary>The exponent p of value = c sizeᵖ, by least squares of the logarithms.</summary>
    internal static double Exponent(IReadOnlyList<int> sizes, IReadOnlyList<double> values)
    {
        double[] x = [.. sizes.Select(size => Math.Log(size))], y = [.. values.Select(value => Math.Log(value))];
        double meanX = x.Average(), meanY = y.Average();
        return x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
    }
}
