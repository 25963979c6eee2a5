using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Planning;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Planning;

/// <summary>A plan against the memory of the same steps on the device: equal to the byte, since both make the same tensors and count
/// them alike.</summary>
[TestClass]
public sealed class MemoryPlannerTests
{
    // Above the 128 rows of which a column sum is one piece.
    private const int Sequences = 8;
    private const int Length = 20;

    public static IEnumerable<object[]> Cases =>
        from method in Enum.GetValues<TrainingMethod>()
        from checkpointing in (bool[])[false, true]
        select (object[])[method, checkpointing];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Bert(TrainingMethod method, bool checkpointing)
    {
        foreach (TrainingScope scope in Enum.GetValues<TrainingScope>())
        {
            AssertBert(Options(method, checkpointing) with { Scope = scope });
            AssertBert(Options(method, checkpointing) with { Scope = scope, Precision = Precision.Mixed });
        }
    }

    [TestMethod]
    [DataRow("rows", 1)]
    [DataRow("rows", 5)]
    [DataRow("more rows", 5)] // the last block's weights are half-rotated with three batches a step, and not with five
    [DataRow("refresh", 1)]
    [DataRow("refresh", 5)]
    [DataRow("every-step", 1)]
    [DataRow("every-step", 5)]
    public void More_steps_and_more_batches_need_no_more_than_the_planned_ones(string selection, int accumulation)
    {
        AssertBert(Options(TrainingMethod.SparseGrad, checkpointing: false) with
        {
            Selection = selection switch
            {
                "more rows" => Selection.AmongCoordinates(CoordinateCount.Number(12), 3),
                "rows" => Selection.AmongCoordinates(CoordinateCount.Number(7), 3),
                "refresh" => Selection.Refreshed(3),
                _ => Selection.EveryStep,
            },
            Accumulation = accumulation,
            Epochs = 5,
            PreliminarySteps = 2,
        });
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Language_model(TrainingMethod method, bool checkpointing)
    {
        // The model has neither biases nor a head.
        if (method == TrainingMethod.BitFit)
        {
            Assert.ThrowsExactly<ArgumentException>(() => AssertLlama(Options(method, checkpointing), WeightFormat.Float32, keepsHalves: false));
            return;
        }

        AssertLlama(Options(method, checkpointing), WeightFormat.Float32, keepsHalves: false);
        if (method != TrainingMethod.FrozenMlp)
        {
            AssertLlama(
                Options(method, checkpointing) with { Scope = TrainingScope.Mlp, Precision = Precision.Mixed }, WeightFormat.BFloat16, keepsHalves: true);
        }
    }

    [TestMethod]
    public void Llama_as_a_classifier()
    {
        LlamaConfig config = TinyLlama();
        var adapted = new LlamaOptions { KeepsHalves = true };
        TrainingOptions training = Options(TrainingMethod.SparseGrad, checkpointing: false) with { Scope = TrainingScope.Mlp };
        MemoryPlan plan = MemoryPlanner.PlanClassifier(config, 3, adapted, Planned(training, WeightFormat.Float16));

        RealPhases.AssertEqual(plan, RealPhases.Of(
            (kernels, weights) => new LlamaClassifier(kernels, config, 3, weights, options: adapted),
            new RandomLlama(config, WeightFormat.Float16, 3),
            model => new Trainer(model, PlannedExamples.Labelled(Sequences, Length, config.VocabularySize), training), isSparseGrad: true));
    }

    [TestMethod]
    public void Trained_values_and_parameters_are_those_of_the_run()
    {
        LlamaConfig config = TinyLlama();
        var adapted = new LlamaOptions { Blocks = [0, 3] };
        MemoryPlan plan = MemoryPlanner.PlanLanguageModel(config, adapted, Planned(
            Options(TrainingMethod.SparseGrad, checkpointing: false) with { Scope = TrainingScope.Mlp, KeptEntries = 60 }, WeightFormat.Float32));

        Assert.AreEqual(4 * 60, plan.TrainedValues);
        Assert.AreEqual(LlamaParameters.Of(config).Sum(parameter => parameter.Shape.Aggregate(1L, (x, y) => x * y)), plan.Parameters);
    }

    [TestMethod]
    public void What_the_model_cannot_do_is_refused()
    {
        LlamaConfig config = TinyLlama();
        PlanOptions options = Planned(Options(TrainingMethod.Full, checkpointing: false), WeightFormat.BFloat16);

        ArgumentException tooLong = Assert.ThrowsExactly<ArgumentException>(
            () => MemoryPlanner.PlanLanguageModel(config, new LlamaOptions(), options with { Length = 65 }));
        Assert.Contains("1 to 64", tooLong.Message);
        Assert.ThrowsExactly<ArgumentException>(
            () => MemoryPlanner.PlanLanguageModel(config, new LlamaOptions { Blocks = [4] }, options));
        Assert.ThrowsExactly<InvalidOperationException>(
            () => MemoryPlanner.PlanLanguageModel(config, new LlamaOptions { KeepsHalves = true }, options));
    }

    private static void AssertBert(TrainingOptions training)
    {
        using BertCheckpoint checkpoint = TinyBert.Open();
        BertConfig config = checkpoint.Config with { HiddenDropout = 0.1f, AttentionDropout = 0.1f, ClassifierDropout = 0.1f };
        MemoryPlan plan = MemoryPlanner.Plan(config, Planned(training, WeightFormat.Float32));

        RealPhases.AssertEqual(plan, RealPhases.Of(
            (kernels, weights) => new BertClassifier(kernels, config, weights),
            checkpoint,
            model => new Trainer(
                model, PlannedExamples.Labelled(training.Accumulation * Sequences, Length, config.VocabularySize), training),
            training.Method == TrainingMethod.SparseGrad));
    }

    private static void AssertLlama(TrainingOptions training, WeightFormat format, bool keepsHalves)
    {
        LlamaConfig config = TinyLlama();
        var adapted = new LlamaOptions { Blocks = [0, 3], AdaptsGate = keepsHalves, KeepsHalves = keepsHalves };
        MemoryPlan plan = MemoryPlanner.PlanLanguageModel(config, adapted, Planned(training, format));

        RealPhases.AssertEqual(plan, RealPhases.Of(
            (kernels, weights) => new LlamaLanguageModel(kernels, config, weights, adapted),
            new RandomLlama(config, format),
            model => new Trainer(model, PlannedExamples.Texts(Sequences, Length, config.VocabularySize), training),
            training.Method == TrainingMethod.SparseGrad));
    }

    private static TrainingOptions Options(TrainingMethod method, bool checkpointing) => TinyBert.Options(method) with
    {
        BatchSize = Sequences, Checkpointing = checkpointing, PreliminarySteps = 1, Lora = new() { Dropout = 0.1 },
    };

    private static PlanOptions Planned(TrainingOptions training, WeightFormat format) => new()
    {
        Training = training, Length = Length, Weights = format, Matmul = MatmulKernel.Subgroup, Lanes = TestDevice.Device.SubgroupSize,
    };

    private static LlamaConfig TinyLlama() => LlamaConfigFile.Read(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-llama"));
}
