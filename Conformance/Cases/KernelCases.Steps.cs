using System.Text.Json;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>The name of the cases that are whole training steps.</summary>
    public const string StepsOp = "TrainingSteps";

    private const int Steps = 10;

    /// <summary>Ten updates of a model of three or four layers: every rounding of a step goes through all later ones.</summary>
    private const double LossLimit = 5e-5;

    private const double StepWeightLimit = 2e-3;

    /// <summary>Whole training steps of tiny models, against what PyTorch computed in float64.</summary>
    private static IEnumerable<KernelCase> TrainingSteps()
    {
        foreach (string name in (string[])["tiny-bert-classify", "tiny-bert-regress", "tiny-roberta-classify"])
        {
            yield return new(StepsOp, $"full {name}", run => TrainGolden(
                run, name, new OptimizerOptions { WeightDecay = 0.01, MaxGradientNorm = 0 }, sparseGrad: null));
        }

        yield return new(StepsOp, "full tiny-llama", run => TrainGoldenLlama(
            run, new OptimizerOptions { WeightDecay = 0.01, MaxGradientNorm = 0 }, sparseGrad: null));

        // Weights that are kept half-rotated, as for steps of few rows, and as they are.
        foreach ((string form, StepRows rows) in new[] { ("", default(StepRows)), (", dense", new StepRows(1e9, 1e9)) })
        {
            yield return new(StepsOp, $"sparsegrad tiny-bert-sparsegrad{form}", run => TrainGolden(
                run, "tiny-bert-sparsegrad", new OptimizerOptions { MaxGradientNorm = 0 }, rows));
            yield return new(StepsOp, $"sparsegrad tiny-llama{form}", run => TrainGoldenLlama(
                run, new OptimizerOptions { MaxGradientNorm = 0 }, rows));
        }
    }

    private static void TrainGolden(CaseRun run, string name, OptimizerOptions options, StepRows? sparseGrad)
    {
        GoldenFile golden = run.Own(new GoldenFile(name));
        GoldenModel subject = run.Own(new GoldenModel(golden, run.Kernels));
        if (sparseGrad is StepRows rows)
        {
            Rotate(golden, subject, rows);
        }

        Train(
            run, subject.Model, options, golden, "", golden.SettingArray("losses_10_steps"),
            step => subject.ForwardAndBackward(golden.Batch($"step{step}/")));
    }

    /// <summary>A LLaMA whose queries share keys; rotated, up_proj and down_proj of its first and last block alone are trained.</summary>
    private static void TrainGoldenLlama(CaseRun run, OptimizerOptions options, StepRows? sparseGrad)
    {
        GoldenFile golden = run.Own(new GoldenFile("tiny-llama"));
        GoldenLlama subject = run.Own(new GoldenLlama(
            golden.Folder, run.Kernels, sparseGrad is null ? null : new LlamaOptions { Blocks = [0, 3] }));
        if (sparseGrad is StepRows rows)
        {
            using var preparation = new SparseGradPreparation(subject.Model);
            for (int step = 0; golden.Has($"sparsegrad/prelim{step}/input_ids"); step++)
            {
                subject.ForwardAndBackward(GoldenLlama.Batch(golden, $"sparsegrad/prelim{step}/"));
            }

            int kept = golden.Settings.GetProperty("sparsegrad").GetProperty("keep").GetInt32();
            preparation.Finish(_ => kept, Selection.EveryStep, rows, CancellationToken.None);
        }

        string prefix = sparseGrad is null ? "" : "sparsegrad/";
        JsonElement settings = sparseGrad is null ? golden.Settings : golden.Settings.GetProperty("sparsegrad");
        double[] losses = [.. settings.GetProperty("losses_10_steps").EnumerateArray().Select(loss => loss.GetDouble())];
        Train(
            run, subject.Model, options, golden, prefix, losses,
            step => subject.ForwardAndBackward(GoldenLlama.Batch(golden, $"{prefix}step{step}/")));
    }

    /// <param name="run">Gets the losses and the trained weights.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="options">The optimizer's.</param>
    /// <param name="golden">What is expected.</param>
    /// <param name="prefix">Of the names in it.</param>
    /// <param name="expectedLosses">Of each step.</param>
    /// <param name="forwardAndBackward">Computes the gradients of a step, counted from 1, and its loss.</param>
    private static void Train(
        CaseRun run, TrainableModel model, OptimizerOptions options, GoldenFile golden, string prefix, double[] expectedLosses,
        Func<int, double> forwardAndBackward)
    {
        using Optimizer optimizer = new(
            run.Kernels, model.Parameters, model.SparseGradLayers.Select(layer => layer.Weight), options);
        Tensor loss = run.Matrix(1, 1, 0), clip = run.Matrix(1, 2, 0, 0);
        var losses = new double[Steps];
        for (int step = 1; step <= Steps; step++)
        {
            losses[step - 1] = forwardAndBackward(step);
            optimizer.Step(1e-3, step, loss, clip);
        }

        run.Expect("losses", losses, expectedLosses, LossLimit);
        prefix += "after10/";
        foreach (string weight in golden.Names.Where(item => item.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            // A key's bias shifts all scores of a row alike: its gradient is zero but for rounding, which Adam blows up.
            if (!weight.EndsWith("attention.self.key.bias", StringComparison.Ordinal))
            {
                double[] expected = golden.Doubles(weight);
                var actual = new float[expected.Length];
                model.ReadWeight(weight[prefix.Length..], actual);
                run.Expect(weight, Array.ConvertAll(actual, value => (double)value), expected, StepWeightLimit);
            }
        }
    }

    /// <summary>Brings a model to the state after the preliminary phase.</summary>
    private static void Rotate(GoldenFile golden, GoldenModel subject, StepRows rows)
    {
        using var preparation = new SparseGradPreparation(subject.Model);
        for (int step = 0; golden.Has($"prelim{step}/input_ids"); step++)
        {
            subject.ForwardAndBackward(golden.Batch($"prelim{step}/"));
        }

        double fraction = golden.Settings.GetProperty("fraction").GetDouble();
        preparation.Finish(weight => ParameterBudget.Kept(weight, fraction), Selection.EveryStep, rows, CancellationToken.None);
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            parameter.IsTrainable = true;
        }
    }
}
