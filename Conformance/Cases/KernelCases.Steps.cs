using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>The name of the cases that are whole training steps.</summary>
    public const string StepsOp = "TrainingSteps";

    private const int Steps = 10;

    /// <summary>Ten updates of a model of three layers: every rounding of a step goes through all later ones.</summary>
    private const double LossLimit = 5e-5;

    private const double StepWeightLimit = 2e-3;

    /// <summary>Whole training steps of tiny models, against what PyTorch computed in float64.</summary>
    private static IEnumerable<KernelCase> TrainingSteps()
    {
        foreach (string name in (string[])["tiny-bert-classify", "tiny-bert-regress", "tiny-roberta-classify"])
        {
            yield return new(StepsOp, $"full {name}", run => TrainGolden(
                run, name, new OptimizerOptions { WeightDecay = 0.01, MaxGradientNorm = 0 }, rotate: false));
        }

        yield return new(StepsOp, "sparsegrad tiny-bert-sparsegrad", run => TrainGolden(
            run, "tiny-bert-sparsegrad", new OptimizerOptions { MaxGradientNorm = 0 }, rotate: true));
    }

    private static void TrainGolden(CaseRun run, string name, OptimizerOptions options, bool rotate)
    {
        GoldenFile golden = run.Own(new GoldenFile(name));
        var subject = new GoldenModel(golden, run.Kernels);
        if (rotate)
        {
            Rotate(golden, subject);
        }

        Optimizer optimizer = new(
            run.Kernels, subject.Model.Parameters, subject.Model.SparseGradLayers.Select(layer => layer.Weight), options);
        Tensor loss = run.Matrix(1, 1, 0), clip = run.Matrix(1, 2, 0, 0);
        var losses = new double[Steps];
        for (int step = 1; step <= Steps; step++)
        {
            losses[step - 1] = subject.ForwardAndBackward(golden.Batch($"step{step}/"));
            optimizer.Step(1e-3, step, loss, clip);
        }

        run.Expect("losses", losses, golden.SettingArray("losses_10_steps"), LossLimit);
        foreach (string weight in golden.Names.Where(item => item.StartsWith("after10/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            // A key's bias shifts all scores of a row alike: its gradient is zero but for rounding, which Adam blows up.
            if (!weight.EndsWith("attention.self.key.bias", StringComparison.Ordinal))
            {
                double[] expected = golden.Doubles(weight);
                var actual = new float[expected.Length];
                subject.Model.ReadWeight(weight["after10/".Length..], actual);
                run.Expect(weight, Array.ConvertAll(actual, value => (double)value), expected, StepWeightLimit);
            }
        }

        optimizer.Dispose();
        subject.Dispose();
    }

    /// <summary>Brings a model to the state after the preliminary phase.</summary>
    private static void Rotate(GoldenFile golden, GoldenModel subject)
    {
        using var preparation = new SparseGradPreparation(subject.Model);
        for (int step = 0; golden.Has($"prelim{step}/input_ids"); step++)
        {
            subject.ForwardAndBackward(golden.Batch($"prelim{step}/"));
        }

        preparation.Finish(golden.Settings.GetProperty("fraction").GetDouble(), Selection.EveryStep);
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            parameter.IsTrainable = true;
        }
    }
}
