using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Models;

/// <summary>The golden LLaMA, hidden 32, MLP 88, 4 blocks, 97 words, and something to train it on; and folders with others.</summary>
internal static class TinyLlama
{
    public const int Layers = 4;
    public const int Hidden = 32;
    public const int Inner = 88;
    public const int Vocabulary = 97;

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "golden", "tiny-llama");

    public static LlamaCheckpoint Open() => LlamaCheckpoint.Open(Folder);

    public static LlamaLanguageModel Load(IKernels kernels, LlamaOptions? options = null, string? folder = null)
    {
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder ?? Folder);
        return new LlamaLanguageModel(kernels, checkpoint.Config, checkpoint, options);
    }

    public static LlamaClassifier LoadClassifier(IKernels kernels, int labels, LlamaOptions? options = null, string? folder = null)
    {
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder ?? Folder, labels);
        return new LlamaClassifier(kernels, checkpoint.Config, labels, checkpoint, seed: 5, options);
    }

    /// <summary>Texts in which each word follows from the one in front of it, so that they can be learned; one a block.</summary>
    public static TextBlock[] Blocks(int count)
    {
        var random = new RandomValues(7);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                int first = random.NextInt(90);
                return new TextBlock([LearnedText.Whole([1, .. Enumerable.Range(0, 4 + random.NextInt(20)).Select(i => 3 + (first + 7 * i) % 90)])]);
            }),
        ];
    }

    /// <summary>Sequences with the classes 0 to 2.</summary>
    public static TokenizedExample[] Examples(int count)
    {
        var random = new RandomValues(9);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                int[] ids = [1, .. Enumerable.Range(0, 1 + random.NextInt(20)).Select(_ => random.NextInt(Vocabulary))];
                return new TokenizedExample(ids, new int[ids.Length], random.NextInt(3));
            }),
        ];
    }

    public static TrainingOptions Options(TrainingMethod method, TrainingScope scope = TrainingScope.Mlp) => new()
    {
        Method = method, Scope = scope, BatchSize = 4, PreliminarySteps = 3, Fraction = 0.05, LearningRate = 1e-2, Seed = 11,
        Decay = LearningRateDecay.Constant, Warmup = 0, Optimizer = new OptimizerOptions { MaxGradientNorm = 1 },
    };

    /// <summary>Every weight as it is now, dense.</summary>
    public static Dictionary<string, float[]> Weights(TrainableModel model, IEnumerable<ModelParameter> parameters) => parameters.ToDictionary(
        parameter => parameter.Name,
        parameter =>
        {
            var values = new float[parameter.ElementCount];
            model.ReadWeight(parameter.Name, values);
            return values;
        });

    /// <summary>Writes the golden model with other element types, or tied.</summary>
    public static void Write(string folder, SafetensorsType type, bool tied = false)
    {
        using LlamaCheckpoint source = Open();
        string config = File.ReadAllText(Path.Combine(Folder, LlamaConfigFile.FileName));
        File.WriteAllText(
            Path.Combine(folder, LlamaConfigFile.FileName),
            tied ? config.Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", StringComparison.Ordinal) : config);
        var writer = new SafetensorsWriter();
        foreach (LlamaParameter parameter in source.Parameters.Where(parameter => !tied || parameter.Name != LlamaNames.Output))
            writer.AddFloats(parameter.Name, type, parameter.Shape, values => source.Read(parameter.Name, values));
        writer.Save(Path.Combine(folder, ModelCheckpoint.FileName));
    }

    /// <summary>Writes a random model of a <c>config.json</c>.</summary>
    public static void WriteRandom(string folder, string config, SafetensorsType type = SafetensorsType.F32, double scale = 0.2)
    {
        File.WriteAllText(Path.Combine(folder, LlamaConfigFile.FileName), config);
        var random = new RandomValues(3);
        var writer = new SafetensorsWriter();
        foreach (LlamaParameter parameter in LlamaParameters.Of(LlamaConfigFile.Read(folder)))
        {
            float[] values = parameter.Shape.Count == 1
                ? [.. Enumerable.Repeat(1f, (int)parameter.ElementCount)]
                : random.Normal(parameter.ElementCount, scale);
            writer.AddFloats(parameter.Name, type, parameter.Shape, values.CopyTo);
        }

        writer.Save(Path.Combine(folder, ModelCheckpoint.FileName));
    }
}
