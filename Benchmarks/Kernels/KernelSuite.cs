using VkSparseGrad.Conformance.Performance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Kernels.Vulkan.Tuning;

namespace VkSparseGrad.Benchmarks.Kernels;

/// <summary>Matrix products at the shapes of BERT-base and MiniLM, in all three forms.</summary>
/// <param name="kernels">Where.</param>
internal sealed class KernelSuite(VulkanKernels kernels)
{
    private const string LargeName = "nt_4096_4096_4096";
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
        foreach ((string form, string name, PerfCase product) in Products(kernels.Device.Info.Kind))
        {
            cancellation.ThrowIfCancellationRequested();
            progress(product.Name);
            double speed = timing.Run(product).OperationsPerSecond / 1e9;
            if (kernels.Unmeasured.Count > 0)
            {
                MatmulTuning.MeasureUsed(kernels, cancellation: cancellation);
                speed = timing.Run(product).OperationsPerSecond / 1e9;
            }

            yield return new($"matmul_{name}_gflops", speed, "GFLOP/s");
            if (name != LargeName)
                speeds.Add((form, speed));
        }

        foreach (IGrouping<string, (string, double Speed)> form in speeds.GroupBy(item => item.Form))
        {
            yield return new($"matmul_{form.Key}_gflops", Measurement.Median(form.Select(item => item.Speed)), "GFLOP/s");
        }

        yield return new("roof_gflops", timing.OperationsRoof / 1e9, "GFLOP/s");
        yield return new("roof_gbytes_per_second", timing.BytesRoof / 1e9, "GB/s");
    }

    /// <summary>The products: the form, the form with the sizes, the case.</summary>
    /// <param name="kind">A GPU has a product of 4096 x 4096 x 4096 beside, which fills any.</param>
    public static IEnumerable<(string Form, string Name, PerfCase Product)> Products(DeviceKind kind)
    {
        foreach (int tokens in Tokens)
        {
            foreach ((int outputs, int inputs) in Layers)
            {
                string sizes = $"{tokens}_{outputs}_{inputs}";
                yield return ("nt", $"nt_{sizes}", PerfCases.Product(tokens, outputs, inputs, transposeA: false, transposeB: true));
                yield return ("nn", $"nn_{sizes}", PerfCases.Product(tokens, inputs, outputs, transposeA: false, transposeB: false));
                yield return ("tn", $"tn_{sizes}", PerfCases.Product(outputs, inputs, tokens, transposeA: true, transposeB: false));
            }
        }

        if (kind != DeviceKind.Cpu)
            yield return ("nt", LargeName, PerfCases.Product(4096, 4096, 4096, transposeA: false, transposeB: true));
    }
}
