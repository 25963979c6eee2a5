using VkSparseGrad.Autograd;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Loaders;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Models;

/// <summary>A LLaMA whose frozen matrices stay in the 16 bits of its files: the same values in half the memory.</summary>
[TestClass]
public sealed class LlamaHalfTests
{
    private static readonly LlamaOptions Kept = new() { Blocks = [0, 3], KeepsHalves = true };

    public static IEnumerable<object[]> Cases =>
        ((SafetensorsType[])[SafetensorsType.BF16, SafetensorsType.F16]).SelectMany(type => (object[][])[[type, false], [type, true]]);

    [TestMethod]
    [DataRow(SafetensorsType.BF16, HalfFormat.BFloat16)]
    [DataRow(SafetensorsType.F16, HalfFormat.Float16)]
    public void Every_matrix_stays_so_but_those_that_are_adapted(SafetensorsType type, HalfFormat format)
    {
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, type);
        foreach (bool gate in (bool[])[false, true])
        {
            using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, Kept with { AdaptsGate = gate }, folder.Path);
            HashSet<Parameter> adapted = [.. model.MlpLayers.Cast<Linear>().Select(layer => layer.Weight)];
            Assert.HasCount(gate ? 6 : 4, adapted);
            foreach (Parameter parameter in model.Parameters)
            {
                Assert.AreEqual(parameter.IsVector || adapted.Contains(parameter) ? null : format, parameter.Halves, parameter.Name);
                Assert.AreEqual(
                    parameter.Shape.Length, parameter.Value.Length * (parameter.Halves is null ? 1 : 2), parameter.Name);
            }
        }

        // The head of a classifier is trained whatever is adapted.
        using var output = new TempFolder();
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(TinyLlama.Folder, labels: 2))
        using (LlamaClassifier made = TinyLlama.LoadClassifier(TestDevice.Kernels, 2))
            HuggingFaceFolder.SaveLlama(source, output.Path, made.ReadWeight, new LlamaSaveOptions { WeightType = type });
        using LlamaClassifier classifier = TinyLlama.LoadClassifier(TestDevice.Kernels, 2, Kept, output.Path);
        Assert.IsTrue(classifier.Head.All(layer => layer.Weight.Halves is null));
        Assert.AreEqual(format, classifier.Parameters.First(parameter => parameter.Name == LlamaNames.Words).Halves);
    }

    [TestMethod]
    public void A_model_in_32_bits_stays_so_and_so_does_one_that_is_to_be_widened()
    {
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, SafetensorsType.BF16);
        foreach (LlamaLanguageModel model in (LlamaLanguageModel[])
            [TinyLlama.Load(TestDevice.Kernels, Kept), TinyLlama.Load(TestDevice.Kernels, Kept with { KeepsHalves = false }, folder.Path)])
        {
            Assert.IsTrue(model.Parameters.All(parameter => parameter.Halves is null));
            model.Dispose();
        }
    }

    /// <summary>Blocks 1 and 2 whole, attention, the tables of words and the output: all but 2 * 2 matrices of the MLP.</summary>
    [TestMethod]
    public void The_weights_take_half_the_memory()
    {
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, SafetensorsType.BF16);
        long wide = Bytes(Kept with { KeepsHalves = false }), narrow = Bytes(Kept);

        long adapted = 4L * TinyLlama.Hidden * TinyLlama.Inner * sizeof(float);
        Assert.AreEqual((wide - adapted) / 2.0, narrow - adapted, 0.05 * wide);

        long Bytes(LlamaOptions options)
        {
            using var kernels = new ReferenceKernels();
            using LlamaLanguageModel model = TinyLlama.Load(kernels, options, folder.Path);
            return kernels.CurrentMemory[MemoryCategory.Weights];
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Logits_and_gradients_are_those_of_the_same_values_in_32_bits(SafetensorsType type, bool onDevice)
    {
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, type);
        IKernels kernels = TestDevice.Choose(onDevice);
        using LlamaLanguageModel wide = TinyLlama.Load(kernels, Kept with { KeepsHalves = false }, folder.Path);
        using LlamaLanguageModel narrow = TinyLlama.Load(kernels, Kept, folder.Path);

        (float[] logits, Dictionary<string, float[]> gradients) = Compute(narrow);
        (float[] expected, Dictionary<string, float[]> expectedGradients) = Compute(wide);

        Assert.IsLessThan(1e-6, RelativeError(expected, logits));
        Assert.HasCount(4, gradients);
        foreach ((string name, float[] gradient) in gradients)
            Assert.IsLessThan(1e-6, RelativeError(expectedGradients[name], gradient), name);

        static (float[] Logits, Dictionary<string, float[]> Gradients) Compute(LlamaLanguageModel model)
        {
            int[] ids = [1, 9, 60, 96, 4, 4, 31];
            TrainedWeights.Choose(model, TinyLlama.Options(TrainingMethod.Full));
            var objective = new LanguageObjective(model, [new TextBlock([LearnedText.Whole(ids), LearnedText.Whole([1, 3])])]);
            using var scope = DisposeScope.Open();
            using (Tape tape = Tape.ForTraining(model.Kernels, 0, 0))
            {
                objective.Loss(tape, [0], objective.Items(0), scope);
                tape.Backward();
            }

            Dictionary<string, float[]> gradients = model.Parameters.Where(parameter => parameter.Gradient is not null)
                .ToDictionary(parameter => parameter.Name, parameter => model.Kernels.ToArray(parameter.Gradient!));
            using LlamaBatch batch = LlamaBatch.Create(model.Kernels, model.Config, [ids], [0, 3, 6]);
            using Tape evaluation = Tape.ForEvaluation(model.Kernels);
            return (model.Kernels.ToArray(model.Logits(evaluation, batch).Value), gradients);
        }
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.Lora, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.MeProp, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.SparseGrad, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.Lora, MatmulKernel.Tile)]
    [DataRow(TrainingMethod.SparseGrad, MatmulKernel.Tile)]
    public void Training_is_that_of_the_same_values_in_32_bits(TrainingMethod method, MatmulKernel matmul)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = matmul });
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, SafetensorsType.BF16);
        TextBlock[] blocks = TinyLlama.Blocks(8);
        float[] Losses(bool keepsHalves)
        {
            using LlamaLanguageModel model = TinyLlama.Load(device.Kernels, Kept with { KeepsHalves = keepsHalves }, folder.Path);

            // LoRA on a matrix that stays in 16 bits, beside those of the MLP.
            LoraOptions lora = new() { Targets = [LayerKind.Intermediate, LayerKind.Output, LayerKind.Query, LayerKind.Gate] };
            using var trainer = new Trainer(model, blocks, TinyLlama.Options(method) with { Epochs = 6, Lora = lora });
            var losses = new List<float>();
            while (!trainer.IsFinished)
                losses.Add(trainer.Step().Loss);
            losses.Add((float)LanguageEvaluation.Loss(model, blocks));
            return [.. losses];
        }

        float[] expected = Losses(keepsHalves: false), losses = Losses(keepsHalves: true);

        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], losses[i], 1e-4f, $"step {i + 1}");
        Assert.IsLessThan(0.95f * losses[0], losses[^1]);
    }

    /// <summary>Before any step, also of the phase that trains nothing yet.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.Lora)]
    [DataRow(TrainingMethod.MeProp)]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.FrozenMlp)]
    public void To_train_all_of_it_is_refused(TrainingMethod method)
    {
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, SafetensorsType.BF16);
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, Kept, folder.Path);

        InvalidOperationException e = Assert.ThrowsExactly<InvalidOperationException>(
            () => new Trainer(model, TinyLlama.Blocks(2), TinyLlama.Options(method, TrainingScope.All)));

        Assert.Contains("model.embed_tokens.weight is kept in 16 bits, in which it cannot be trained. Load the model in 32 bits.", e.Message);
    }

    /// <summary>Field case 76: in 16 bits steps of 1e-6 would vanish. What is trained has 32, whatever the file has.</summary>
    [TestMethod]
    [DataRow(SafetensorsType.F16)]
    [DataRow(SafetensorsType.BF16)]
    public void A_step_as_small_as_the_learning_rate_is_made(SafetensorsType type)
    {
        const float Rate = 1e-6f;
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, type);
        TrainingOptions options = TinyLlama.Options(TrainingMethod.Lora) with
        {
            LearningRate = Rate, Optimizer = new OptimizerOptions { MaxGradientNorm = 0 },
        };
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, Kept, folder.Path);
        using (var trainer = new Trainer(model, TinyLlama.Blocks(4), options))
            trainer.Step();
        foreach (LoraLinear layer in model.LoraLayers)
        {
            // Adam's first step is the rate times the gradient's sign; B begins with zeros.
            float[] moved = Array.ConvertAll(model.Kernels.ToArray(layer.Up.Value), Math.Abs);
            Assert.AreEqual(Rate, moved.Max(), 0.01f * Rate, layer.Weight.Name);
            Assert.IsGreaterThan(0.9 * moved.Length, moved.Count(value => value > 0.9f * Rate), layer.Weight.Name);
        }

        using LlamaLanguageModel full = TinyLlama.Load(TestDevice.Kernels, Kept, folder.Path);
        Parameter weight = ((Linear)full.MlpLayers.First()).Weight;
        float[] before = full.Kernels.ToArray(weight.Value);
        using (var trainer = new Trainer(full, TinyLlama.Blocks(4), options with { Method = TrainingMethod.Full }))
            trainer.Step();
        float[] after = full.Kernels.ToArray(weight.Value);
        Assert.IsGreaterThan(0.9 * before.Length, before.Where((value, at) => Math.Abs(Math.Abs(after[at] - value) - Rate) < 0.1f * Rate).Count());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void A_weight_reads_back_as_the_file_has_it(SafetensorsType type, bool onDevice)
    {
        using TempFolder folder = new(), output = new();
        TinyLlama.Write(folder.Path, type);
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder.Path);
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Choose(onDevice), Kept, folder.Path);
        foreach (LlamaParameter parameter in checkpoint.Parameters)
        {
            float[] expected = new float[parameter.ElementCount], actual = new float[parameter.ElementCount];
            checkpoint.Read(parameter.Name, expected);
            model.ReadWeight(parameter.Name, actual);
            CollectionAssert.AreEqual(expected, actual, parameter.Name);
        }

        HuggingFaceFolder.SaveLlama(checkpoint, output.Path, model.ReadWeight);

        var before = RawSafetensors.Parse(folder.File("model.safetensors"));
        foreach ((string name, (string written, _, byte[] data)) in RawSafetensors.Parse(output.File("model.safetensors")))
        {
            Assert.AreEqual(type.ToString(), written);
            CollectionAssert.AreEqual(before[name].Data, data, name);
        }
    }

    /// <summary>Two values share a word, so a row of 13 columns has no words of its own.</summary>
    [TestMethod]
    public void Odd_widths_are_32_bits_wide()
    {
        using var folder = new TempFolder();
        TinyLlama.WriteRandom(folder.Path, """
            {"model_type": "llama", "hidden_size": 12, "intermediate_size": 13, "num_hidden_layers": 2, "num_attention_heads": 2,
             "max_position_embeddings": 16, "vocab_size": 20}
            """, SafetensorsType.F16);
        LlamaOptions options = new() { Blocks = [0], KeepsHalves = true };
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels, options, folder.Path);
        using LlamaLanguageModel wide = TinyLlama.Load(TestDevice.Kernels, options with { KeepsHalves = false }, folder.Path);
        Assert.IsNull(Find("model.layers.1.mlp.down_proj.weight").Halves);
        Assert.AreEqual(HalfFormat.Float16, Find("model.layers.1.mlp.up_proj.weight").Halves);
        TextBlock[] blocks = [new([LearnedText.Whole([1, 5, 9, 19, 0])])];
        Assert.AreEqual(LanguageEvaluation.Loss(wide, blocks), LanguageEvaluation.Loss(model, blocks), 1e-6);

        Parameter Find(string name) => model.Parameters.Single(parameter => parameter.Name == name);
    }

    private static double RelativeError(float[] expected, float[] actual) =>
        Closeness.RelativeError(actual, Array.ConvertAll(expected, value => (double)value));
}
