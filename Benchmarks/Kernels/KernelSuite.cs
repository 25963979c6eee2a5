using VkSparseGrad.Conformance.Performance;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Benchmarks.Kernels;

/// <summary>Matrix products at the shapes of BERT-base and MiniLM, in all three forms.</summary>
/// <param name="kernels">Where.</param>
internal sealed class KernelSuite(VulkanKernels kernels)
{
    private static readonly int[] Tokens = [2048, 512];
    private static readonly (int Outputs, int Inputs)[] Layers = [(768, 768), (3072, 768), (768, 3072), (1536, 384)];

    /// <summary>Runs it. In names <c>nt</c> is the forward pass, <c>nn</c> the gradient to the input, <c>tn</c> that to the
    /// weight.</summary>
    /// <param name="progress">Told what comes next.</param>
    /// <param name="cancellation">Stops between products.</param>
    public IEnumerable<Measurement> Run(Action<string> progress, CancellationToken cancellation)
    {
        var timing = new PerfRun(kernels);
        var speeds = new List<(string Form, double Speed)>();
        foreach (int tokens in Tokens)
        {
            foreach ((int outputs, int inputs) in Layers)
            {
                foreach ((string form, PerfCase item) in Forms(tokens, outputs, inputs))
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress(item.Name);
                    double speed = timing.Run(item).OperationsPerSecond / 1e9;
                    speeds.Add((form, speed));
                    yield return new($"matmul_{form}_{tokens}_{outputs}_{inputs}_gflops", speed, "GFLOP/s");
                }
            }
        }

        foreach (IGrouping<string, (string, double Speed)> form in speeds.GroupBy(item => item.Form))
        {
            yield return new($"matmul_{form.Key}_gflops", Measurement.Median(form.Select(item => item.Speed)), "GFLOP/s");
        }

        yield return new("roof_gflops", timing.OperationsRoof / 1e9, "GFLOP/s");
        yield return new("roof_gbytes_per_second", timing.BytesRoof / 1e9, "GB/s");
    }

    private static IEnumerable<(string Form, PerfCase Case)> Forms(int tokens, int outputs, int inputs)
    {
        yield return ("nt", PerfCases.Product(tokens, outputs, inputs, transposeA: false, transposeB: true));
        yield return ("nn", PerfCases.Product(tokens, inputs, outputs, transposeA: false, transposeB: false));
        yield return ("tn", PerfCases.Product(outputs, inputs, tokens, transposeA: true, transposeB: false));
    }
}
