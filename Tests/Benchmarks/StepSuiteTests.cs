using VkSparseGrad.Benchmarks;
using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Benchmarks.Steps;
using VkSparseGrad.Models;

namespace VkSparseGrad.Tests.Benchmarks;

/// <summary>The benchmarks of whole steps on a tiny model: their figures are there and belong together.</summary>
[TestClass]
public sealed class StepSuiteTests
{
    private const int Hidden = 48, Inner = 4 * Hidden;
    private const double MiB = 1 << 20;
    private static readonly BertConfig Tiny = ModelShape.Bert(layers: 2, hidden: Hidden, words: 100);

    [TestMethod]
    public void Every_method_has_its_times_and_memory()
    {
        var told = new List<string>();
        StepTimes times = new StepSuite(TestDevice.Device, Tiny, sequences: 2, length: 5).Run(BenchedMethod.All, told.Add, CancellationToken.None);
        Dictionary<string, double> figures = times.Speed().Concat(times.Memory()).ToDictionary(item => item.Name, item => item.Value);

        Assert.IsTrue(figures.Values.All(value => double.IsFinite(value) && value >= 0));
        foreach (BenchedMethod method in BenchedMethod.All)
        {
            double milliseconds = figures[$"step_{method.Name}_ms"];
            Assert.AreEqual(2 * 5 / milliseconds * 1e3, figures[$"step_{method.Name}_tokens_per_second"], 1e-6);
            string[] parts = ["weights", "gradients", "optimizer", "activations", "basis", "scratch"];
            Assert.AreEqual(
                figures[$"peak_memory_{method.Name}_mib"], parts.Sum(part => figures[$"peak_memory_{method.Name}_{part}_mib"]), 1e-9);
            Assert.IsTrue(told.Exists(line => line.StartsWith(method.Name, StringComparison.Ordinal)));
        }

        Assert.AreEqual(figures["step_sparsegrad_rows_8th_over_full"], figures["step_sparsegrad_over_full"]);
        Assert.AreEqual(
            figures["step_sparsegrad_rows_8th_over_full"] / figures["step_lora_over_full"], figures["step_sparsegrad_over_lora"], 1e-12);
        Assert.IsLessThanOrEqualTo(figures["step_sparsegrad_over_full"], figures["step_sparsegrad_fastest_over_full"]);
        Assert.IsLessThan(1, figures["peak_memory_lora_over_full"]);
        Assert.IsTrue(figures.ContainsKey("peak_memory_sparsegrad_over_full") && figures.ContainsKey("peak_memory_sparsegrad_over_lora"));
    }

    /// <summary>SparseGrad holds two sums a kind of layer, of its sides' widths, and no stack of gradients.</summary>
    [TestMethod]
    public void The_preliminary_phase_holds_its_sums_and_a_gradient()
    {
        Dictionary<string, double> figures =
            new PreliminarySuite(TestDevice.Device, Tiny, sequences: 2, length: 5).Run().ToDictionary(item => item.Name, item => item.Value);

        const double sums = 2 * ((Hidden * Hidden) + (Inner * Inner)) * sizeof(float) / MiB;
        Assert.AreEqual(sums, figures["prelim_sums_mib"], 1e-9);
        Assert.AreEqual(Hidden * Inner * sizeof(float) / MiB, figures["prelim_gradients_mib"], 1e-3);
        Assert.IsGreaterThan(0, figures["prelim_bases_seconds"]);
    }

    /// <summary>A kernel that a step needs is in the profile as often as the step needs it.</summary>
    [TestMethod]
    public void A_profile_has_every_kernel_of_a_step()
    {
        BenchedMethod[] methods = [BenchedMethod.All.Single(method => method.Name == "sparsegrad_rows_16th")];
        Dictionary<string, double> figures = new ProfileSuite(TestDevice.Device, Tiny, sequences: 2, length: 5)
            .Run(methods, _ => { }, CancellationToken.None).ToDictionary(item => item.Name["profile_sparsegrad_rows_16th_".Length..], item => item.Value);

        // Two layers of two such weights, each written once; one loss.
        Assert.AreEqual(4, figures["sparse_scatter_calls"]);
        Assert.AreEqual(1, figures["cross_entropy_calls"]);
        Assert.AreEqual(figures["device_ms"], figures.Where(item => item.Key.EndsWith("_ms", StringComparison.Ordinal))
            .Where(item => item.Key is not ("device_ms" or "host_ms")).Sum(item => item.Value), 1e-6);
        Assert.IsGreaterThan(0, figures["device_ms"]);
        Assert.IsGreaterThan(0, figures["host_ms"]);
        Assert.IsLessThan(4, figures["host_allocated_kib"]); // what closures and tensors made anew in a step exceed many times
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_RoBERTa_has_all_its_weights(bool checkpointing)
    {
        BertConfig config = ModelShape.Roberta(layers: 2, hidden: Hidden, heads: 4, words: 100);
        BenchedMethod full = BenchedMethod.All[0] with { Checkpointing = checkpointing };
        StepTimes times = new StepSuite(TestDevice.Device, config, sequences: 2, length: 5).Run([full], _ => { }, CancellationToken.None);
        Assert.AreEqual(5 * 2, times.Tokens);
        Assert.IsGreaterThan(0, times.Methods.Single().PeakMemory.Total);
    }

    [TestMethod]
    public void An_unknown_shape_is_refused() => Assert.ThrowsExactly<ArgumentException>(() => ModelShape.Named("bert-tiny"));
}
