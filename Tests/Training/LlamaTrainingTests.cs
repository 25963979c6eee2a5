using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>A LLaMA as a language model, by every method.</summary>
[TestClass]
public sealed class LlamaTrainingTests
{
    private const int Weight = TinyLlama.Hidden * TinyLlama.Inner;

    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.All)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.All)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.All)]
    public void Every_method_learns(TrainingMethod method, TrainingScope scope)
    {
        TextBlock[] blocks = TinyLlama.Blocks(12);
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels);
        double before = LanguageEvaluation.Loss(model, blocks);
        using var trainer = new Trainer(model, blocks, TinyLlama.Options(method, scope) with { Epochs = 12, Fraction = 0.2 });

        trainer.Run();

        Assert.IsLessThan(0.8 * before, LanguageEvaluation.Loss(model, blocks));
        Assert.AreEqual(36, trainer.CompletedSteps);
    }

    /// <summary>The model has no biases, and a language model no head: a run that changes nothing says so.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.BitFit, TrainingScope.All)]
    [DataRow(TrainingMethod.BitFit, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.Mlp)]
    public void A_run_that_would_train_nothing_is_refused(TrainingMethod method, TrainingScope scope)
    {
        using var kernels = new ReferenceKernels();
        using LlamaLanguageModel model = TinyLlama.Load(kernels);
        long memory = kernels.CurrentMemory.Total;

        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(
            () => new Trainer(model, TinyLlama.Blocks(2), TinyLlama.Options(method, scope)));

        Assert.Contains("nothing to train", e.Message);
        Assert.IsFalse(e.Message.Contains('\n', StringComparison.Ordinal));
        Assert.AreEqual(memory, kernels.CurrentMemory.Total);
        using var other = new Trainer(model, TinyLlama.Blocks(2), TinyLlama.Options(TrainingMethod.Full));
        other.Step();
    }

    [TestMethod]
    public void Bitfit_trains_the_biases_of_a_model_that_has_them()
    {
        using var folder = new TempFolder();
        TinyLlama.WriteRandom(folder.Path, Config(intermediate: 24, more: "\"attention_bias\": true, \"mlp_bias\": true,"));
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, folder: folder.Path);
        using var trainer = new Trainer(model, Small(4), TinyLlama.Options(TrainingMethod.BitFit));
        CollectionAssert.AreEquivalent(
            ((int[])[0, 1]).SelectMany(block => (string[])[$"model.layers.{block}.mlp.up_proj.bias", $"model.layers.{block}.mlp.down_proj.bias"]).ToArray(),
            Trainable(model));
        Assert.AreEqual(2 * (24 + 16), trainer.TrainedValues);
        trainer.Run();
    }

    public static IEnumerable<object?[]> Choices =>
    [
        [TrainingMethod.Full, null, false, 8 * Weight],
        [TrainingMethod.Full, new[] { 0, 3 }, false, 4 * Weight],
        [TrainingMethod.Full, new[] { 3, 0 }, true, 6 * Weight],
        [TrainingMethod.MeProp, new[] { 0, 3 }, false, 4 * 60],
        [TrainingMethod.MeProp, new[] { 2 }, true, 3 * 60],
        [TrainingMethod.SparseGrad, new[] { 0, 3 }, false, 4 * 60],
        [TrainingMethod.SparseGrad, null, true, 12 * 60],
        [TrainingMethod.Lora, new[] { 0, 3 }, false, 4 * 8 * (TinyLlama.Hidden + TinyLlama.Inner)],
    ];

    /// <summary>Which weights a run with 60 kept entries changes, and which it leaves bit for bit.</summary>
    [TestMethod]
    [DynamicData(nameof(Choices))]
    public void The_chosen_layers_are_trained_and_no_others(TrainingMethod method, int[]? blocks, bool gate, int values)
    {
        using LlamaCheckpoint checkpoint = TinyLlama.Open();
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, new LlamaOptions { Blocks = blocks, AdaptsGate = gate });
        Dictionary<string, float[]> before = TinyLlama.Weights(model, checkpoint.Parameters);
        using var trainer = new Trainer(model, TinyLlama.Blocks(8), TinyLlama.Options(method) with { KeptEntries = 60 });

        trainer.Run();

        Assert.AreEqual(values, trainer.TrainedValues);
        Assert.AreEqual(values, trainer.TrainedMlpValues);
        string[] layers = gate ? ["up_proj", "down_proj", "gate_proj"] : ["up_proj", "down_proj"];
        string[] expected =
        [
            .. (blocks ?? [0, 1, 2, 3]).SelectMany(block => layers.Select(layer => $"model.layers.{block}.mlp.{layer}.weight")),
        ];
        Dictionary<string, float[]> after = TinyLlama.Weights(model, checkpoint.Parameters);
        CollectionAssert.AreEquivalent(expected, before.Keys.Where(name => !before[name].SequenceEqual(after[name])).ToArray());
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.MeProp)]
    [DataRow(TrainingMethod.FrozenMlp)]
    public void With_scope_all_everything_else_is_trained_too(TrainingMethod method)
    {
        using LlamaCheckpoint checkpoint = TinyLlama.Open();
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, new LlamaOptions { Blocks = [1] });
        Dictionary<string, float[]> before = TinyLlama.Weights(model, checkpoint.Parameters);
        using var trainer = new Trainer(model, TinyLlama.Blocks(4), TinyLlama.Options(method, TrainingScope.All) with { KeptEntries = 60 });

        trainer.Run();

        Dictionary<string, float[]> after = TinyLlama.Weights(model, checkpoint.Parameters);
        string[] same = [.. before.Keys.Where(name => before[name].SequenceEqual(after[name]))];
        string[] adapted = ["model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.down_proj.weight"];
        string[] frozen =
        [
            .. before.Keys.Where(name => name.Contains(".mlp.", StringComparison.Ordinal) && method != TrainingMethod.Full && !adapted.Contains(name)),
            .. method == TrainingMethod.FrozenMlp ? adapted : [],
        ];
        CollectionAssert.AreEquivalent(frozen, same);
        int mlp = method == TrainingMethod.Full ? 2 * Weight : 12 * Weight;
        int others = checkpoint.Parameters.Sum(parameter => (int)parameter.ElementCount) - mlp;
        int own = method switch { TrainingMethod.Full => 2 * Weight, TrainingMethod.FrozenMlp => 0, _ => 2 * 60 };
        Assert.AreEqual(others + own, trainer.TrainedValues);
        Assert.AreEqual(own, trainer.TrainedMlpValues);
    }

    /// <summary>MeProp's step changes exactly as many entries; SparseGrad's difference has as many coefficients, which Adam keeps.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(60)]
    [DataRow(Weight + 1)]
    public void As_many_entries_are_kept_as_were_asked_for(int kept)
    {
        using LlamaCheckpoint checkpoint = TinyLlama.Open();
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, new LlamaOptions { Blocks = [0, 3] });
        Dictionary<string, float[]> before = TinyLlama.Weights(model, checkpoint.Parameters);
        using var trainer = new Trainer(model, TinyLlama.Blocks(4), TinyLlama.Options(TrainingMethod.MeProp) with { KeptEntries = kept });

        trainer.Step();

        Dictionary<string, float[]> after = TinyLlama.Weights(model, checkpoint.Parameters);
        foreach (ILinear layer in model.MlpLayers)
        {
            string name = ((Linear)layer).Weight.Name;
            int changed = before[name].Where((value, at) => value != after[name][at]).Count();
            Assert.AreEqual(Math.Min(kept, Weight), changed, name);
        }
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.All)]
    public void With_blocks_computed_again_the_bits_are_the_same(TrainingMethod method, TrainingScope scope)
    {
        TrainingOptions options = TinyLlama.Options(method, scope) with { Accumulation = 2, Lora = new() { Dropout = 0.1 } };

        (float[] expected, long kept) = Train(options);
        (float[] values, long recomputed) = Train(options with { Checkpointing = true });

        CollectionAssert.AreEqual(expected, values);
        Assert.IsLessThan(kept, recomputed);

        static (float[] Values, long Activations) Train(TrainingOptions options)
        {
            using var kernels = new VulkanKernels(TestDevice.Device);
            using LlamaLanguageModel model = TinyLlama.Load(kernels, new LlamaOptions { Blocks = [0, 3] });
            using var trainer = new Trainer(model, TinyLlama.Blocks(13), options);
            float[] losses = Finish(trainer);
            return ([.. losses, .. All(model)], kernels.PeakMemory[MemoryCategory.Activations]);
        }
    }

    /// <summary>Field case 67: texts of different lengths, of which some tokens are not learned. The loss is the mean over the
    /// learned tokens of the window, however it is split.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    public void However_a_window_is_split_the_update_is_the_same(TrainingMethod method, TrainingScope scope)
    {
        LearnedText[] texts =
        [
            LearnedText.Whole([1, 5, 9]),
            new([1, 60, 7, 3, 8, 20, 31, 44, 90, 12, 13], [false, false, true, true, false, false, false, true, false, false, true]),
            new([1, 4, 80, 80, 2, 17], [false, false, false, false, false, true]),
        ];
        Assert.AreEqual(2 + 4 + 1, texts.Sum(text => text.Predicted));
        TextBlock[] single = [.. texts.Select(text => new TextBlock([text]))];

        (StepResult[] whole, float[] expected) = Train([new TextBlock(texts)], 1, 1);
        foreach ((TextBlock[] blocks, int batchSize, int accumulation) in
            ((TextBlock[], int, int)[])[(single, 1, 3), (single, 3, 1), (single, 2, 2), ([new TextBlock([texts[2], texts[0]]), single[1]], 1, 2)])
        {
            (StepResult[] split, float[] weights) = Train(blocks, batchSize, accumulation);
            Assert.HasCount(1, split);
            Assert.AreEqual(whole[0].Loss, split[0].Loss, 2e-6f);
            Assert.AreEqual(whole[0].GradientNorm, split[0].GradientNorm, 1e-5f * whole[0].GradientNorm);
            Assert.AreEqual(20, split[0].Tokens);
            for (int i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], weights[i], 1e-6f);
        }

        (StepResult[] Steps, float[] Weights) Train(TextBlock[] blocks, int batchSize, int accumulation)
        {
            using var kernels = new ReferenceKernels();
            using LlamaLanguageModel model = TinyLlama.Load(kernels);
            TrainingOptions options = TinyLlama.Options(method, scope);
            using var trainer = new Trainer(model, blocks, options with
            {
                BatchSize = batchSize, Accumulation = accumulation, LearningRate = 1e-3,
                Optimizer = options.Optimizer with { MaxGradientNorm = 0.1, Epsilon = 1e-3 },
            });
            var steps = new List<StepResult>();
            while (!trainer.IsFinished)
                steps.Add(trainer.Step());
            using LlamaCheckpoint checkpoint = TinyLlama.Open();
            return ([.. steps.Where(step => step.Phase == TrainingPhase.Training)],
                [.. TinyLlama.Weights(model, checkpoint.Parameters).Values.SelectMany(values => values)]);
        }
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.All)]
    public void A_stopped_and_resumed_run_is_the_straight_one_bit_for_bit(TrainingMethod method, TrainingScope scope)
    {
        TrainingOptions options = TinyLlama.Options(method, scope) with
        {
            BatchSize = 2, Epochs = 2, KeptEntries = 60, Selection = Selection.Refreshed(3), Lora = new() { Dropout = 0.1 },
        };
        (float[] losses, float[] weights) = Train(null);
        int preliminary = method == TrainingMethod.SparseGrad ? 3 : 0;
        Assert.HasCount(preliminary + 10, losses);
        foreach (int stop in preliminary > 0 ? (int[])[2, preliminary, preliminary + 7] : [7])
        {
            (float[] resumed, float[] after) = Train(stop);
            CollectionAssert.AreEqual(losses, resumed, $"stopped after {stop}");
            CollectionAssert.AreEqual(weights, after, $"stopped after {stop}");
        }

        (float[] Losses, float[] Weights) Train(int? stop)
        {
            using var files = new TempFolder();
            var folder = new CheckpointFolder(files.File("checkpoints"));
            folder.Prepare();
            var losses = new List<float>();
            if (stop is int steps)
            {
                using LlamaLanguageModel first = Load();
                using Trainer begun = New(first);
                while (losses.Count < steps)
                    losses.Add(begun.Step().Loss);
                folder.Save(begun, TestDevice.Kernels);
            }

            using LlamaLanguageModel model = Load();
            using Trainer trainer = New(model);
            if (stop is not null)
            {
                using Checkpoint checkpoint = folder.OpenNewest()!;
                trainer.Restore(checkpoint.Record.Position, checkpoint);
            }

            losses.AddRange(Finish(trainer));
            return ([.. losses], All(model));
        }

        static LlamaLanguageModel Load() => TinyLlama.Load(TestDevice.Kernels, new LlamaOptions { Blocks = [0, 2], AdaptsGate = true });

        Trainer New(LlamaLanguageModel model) => new(model, TinyLlama.Blocks(10), options);
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Lora)]
    [DataRow(TrainingMethod.MeProp)]
    public void Memory_stays_flat_over_the_steps(TrainingMethod method)
    {
        using var kernels = new VulkanKernels(TestDevice.Device);
        using LlamaLanguageModel model = TinyLlama.Load(kernels);
        using var trainer = new Trainer(model, TinyLlama.Blocks(10), TinyLlama.Options(method) with { BatchSize = 2, Epochs = 6 });
        while (trainer.CompletedSteps < 10)
            trainer.Step();
        long early = kernels.CurrentMemory.Total;

        while (trainer.CompletedSteps < 30)
            trainer.Step();

        Assert.AreEqual(early, kernels.CurrentMemory.Total);
    }

    /// <summary>Between two frames the model may be used, also for longer texts than the step under way has seen.</summary>
    [TestMethod]
    public void A_long_text_between_the_frames_of_a_step()
    {
        using var folder = new TempFolder();
        TinyLlama.WriteRandom(folder.Path, Config(intermediate: 24, positions: 2048));
        TrainingOptions options = TinyLlama.Options(TrainingMethod.Full, TrainingScope.All);
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, folder: folder.Path), other = TinyLlama.Load(TestDevice.Kernels, folder: folder.Path);
        using Trainer frames = new(model, Small(4), options), straight = new(other, Small(4), options);

        Assert.IsNull(frames.Step(TimeSpan.Zero));
        LanguageEvaluation.Loss(model, [new TextBlock([LearnedText.Whole([.. Enumerable.Range(0, 600).Select(i => i % 50)])])]);
        StepResult? step = null;
        while (step is null)
            step = frames.Step(TimeSpan.Zero);

        Assert.AreEqual(straight.Step().Loss, step.Value.Loss);
        CollectionAssert.AreEqual(All(other), All(model));
    }

    /// <summary>Field case 23: one table, whose gradient has a share of both its uses, and one copy in the saved file.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_tied_model_stays_tied(bool onDevice)
    {
        using TempFolder folder = new(), output = new();
        TinyLlama.Write(folder.Path, SafetensorsType.F32, tied: true);
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder.Path);
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Choose(onDevice), folder: folder.Path);
        Assert.IsFalse(model.Parameters.Any(parameter => parameter.Name == LlamaNames.Output));
        using var trainer = new Trainer(model, TinyLlama.Blocks(4), TinyLlama.Options(TrainingMethod.Full, TrainingScope.All));
        trainer.Step();
        double trained = LanguageEvaluation.Loss(model, TinyLlama.Blocks(4));

        HuggingFaceFolder.SaveLlama(checkpoint, output.Path, model.ReadWeight);

        using LlamaCheckpoint saved = LlamaCheckpoint.Open(output.Path);
        Assert.IsTrue(saved.Config.TiesEmbeddings);
        using (SafetensorsFile file = SafetensorsFile.Open(output.File(ModelCheckpoint.FileName)))
            Assert.IsFalse(file.TryGet(LlamaNames.Output, out _));
        using LlamaLanguageModel again = TinyLlama.Load(TestDevice.Choose(onDevice), folder: output.Path);
        Assert.AreEqual(trained, LanguageEvaluation.Loss(again, TinyLlama.Blocks(4)));
        float[] before = new float[TinyLlama.Vocabulary * TinyLlama.Hidden], after = new float[before.Length];
        checkpoint.Read(LlamaNames.Words, before);
        saved.Read(LlamaNames.Words, after);

        // Row 2 is no token of any text, so only the output layer moves it.
        Assert.IsFalse(before.AsSpan(2 * TinyLlama.Hidden, TinyLlama.Hidden).SequenceEqual(after.AsSpan(2 * TinyLlama.Hidden, TinyLlama.Hidden)));
    }

    /// <summary>Field case 89, and what else a block can have wrong: refused before anything is computed.</summary>
    [TestMethod]
    public void A_block_that_does_not_fit_is_refused()
    {
        using var kernels = new ReferenceKernels();
        using LlamaLanguageModel model = TinyLlama.Load(kernels);
        long memory = kernels.CurrentMemory.Total;
        Refused(LearnedText.Whole([1, 97]), "Token id 97 is not in the model's table of 97 words");
        Refused(LearnedText.Whole([1, -1]), "Token id -1");
        Refused(LearnedText.Whole([.. Enumerable.Repeat(1, 65)]), "A sequence has 65 tokens; the model takes 1 to 64");
        Refused(LearnedText.Whole([5]), "Block 1 has no token that is predicted");
        Refused(new LearnedText([5, 6], [true, false]), "Block 1 has no token that is predicted");
        Refused(new LearnedText([5, 6], [true, true, true]), "2 tokens but 3 marks");
        Assert.AreEqual(memory, kernels.CurrentMemory.Total);

        void Refused(LearnedText text, string message)
        {
            TextBlock[] blocks = [new([LearnedText.Whole([1, 2])]), new([text])];
            Assert.Contains(message, Assert.ThrowsExactly<ArgumentException>(() => new Trainer(model, blocks, TinyLlama.Options(TrainingMethod.Full))).Message);
            Assert.Contains(message, Assert.ThrowsExactly<ArgumentException>(() => LanguageEvaluation.Loss(model, blocks)).Message);
        }
    }

    [TestMethod]
    [DataRow(new[] { 4 }, "there is no block 4")]
    [DataRow(new[] { -1 }, "there is no block -1")]
    [DataRow(new[] { 1, 2, 1 }, "named twice")]
    [DataRow(new int[0], "name at least one")]
    public void Blocks_that_are_not_there_are_refused(int[] blocks, string message)
    {
        using var kernels = new ReferenceKernels();
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => TinyLlama.Load(kernels, new LlamaOptions { Blocks = blocks }));
        Assert.Contains(message, e.Message);
        Assert.AreEqual(0, kernels.CurrentMemory.Total);
    }

    private static string[] Trainable(LlamaLanguageModel model) =>
        [.. model.Parameters.Where(parameter => parameter.IsTrainable).Select(parameter => parameter.Name)];

    private static TextBlock[] Small(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new TextBlock([LearnedText.Whole([1, 3 + i, 9, 20 + i, 4])]))];

    private static string Config(int intermediate, int positions = 64, string more = "") => $$"""
        {"model_type": "llama", "hidden_size": 16, "intermediate_size": {{intermediate}}, "num_hidden_layers": 2, "num_attention_heads": 2,
         {{more}} "max_position_embeddings": {{positions}}, "vocab_size": 50}
        """;

    private static float[] Finish(Trainer trainer)
    {
        var losses = new List<float>();
        while (!trainer.IsFinished)
            losses.Add(trainer.Step().Loss);
        return [.. losses];
    }

    /// <summary>All that the model computes with.</summary>
    private static float[] All(LlamaLanguageModel model) =>
    [
        .. model.Parameters.SelectMany(parameter => model.Kernels.ToArray(parameter.Value)),
        .. model.SparseGradLayers.SelectMany(layer => model.Kernels.ToArray(layer.Weight.Value)),
    ];
}
