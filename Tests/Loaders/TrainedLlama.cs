using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>The golden LLaMA, trained a few steps as a language model or a classifier, and its adapter in a folder of its own.</summary>
internal sealed class TrainedLlama : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <param name="kernels">Where it is trained.</param>
    /// <param name="labels">0 for a language model.</param>
    /// <param name="options">The run's settings.</param>
    /// <param name="layers">What is adapted.</param>
    /// <param name="baseFolder">Null for the golden model.</param>
    public TrainedLlama(IKernels kernels, int labels, TrainingOptions options, LlamaOptions? layers = null, string? baseFolder = null)
    {
        using LlamaCheckpoint checkpoint = Open(labels, baseFolder);
        using TrainableModel model = Create(kernels, checkpoint, checkpoint, layers);
        Before = Logits(model);
        using Trainer trainer = model is LlamaLanguageModel language
            ? new Trainer(language, TinyLlama.Blocks(20), options)
            : new Trainer((Classifier)model, TinyLlama.Examples(20), options);
        int preliminary = options.Method == TrainingMethod.SparseGrad ? options.PreliminarySteps : 0;
        for (int i = 0; i < preliminary + 10; i++)
            trainer.Step();
        After = Logits(model);
        Weights = TinyLlama.Weights(model, checkpoint.Parameters);
        Adapter.Save(Path, model, checkpoint, "tiny-llama", labels == 0 ? "language-model" : "cola", options);
    }

    public string Path => _folder.Path;

    public string Config => _folder.File(Adapter.ConfigFileName);

    public string Tensors => _folder.File(Adapter.WeightsFileName);

    /// <summary>Logits of the model as it was before and after training.</summary>
    public float[] Before { get; }

    public float[] After { get; }

    /// <summary>Every weight of the trained model.</summary>
    public Dictionary<string, float[]> Weights { get; }

    public static TrainingOptions Options(TrainingMethod method, TrainingScope scope = TrainingScope.Mlp) =>
        TinyLlama.Options(method, scope) with { Epochs = 5 };

    public static LlamaCheckpoint Open(int labels, string? folder = null) => labels == 0
        ? LlamaCheckpoint.Open(folder ?? TinyLlama.Folder)
        : LlamaCheckpoint.Open(folder ?? TinyLlama.Folder, labels);

    public static float[] Logits(IKernels kernels, LlamaCheckpoint checkpoint, IWeightSource weights, LlamaOptions? layers = null)
    {
        using TrainableModel model = Create(kernels, checkpoint, weights, layers);
        return Logits(model);
    }

    /// <summary>A copy of both files that a test may damage.</summary>
    public TempFolder Copy()
    {
        var copy = new TempFolder();
        File.Copy(Config, copy.File(Adapter.ConfigFileName));
        File.Copy(Tensors, copy.File(Adapter.WeightsFileName));
        return copy;
    }

    public void Dispose() => _folder.Dispose();

    private static TrainableModel Create(IKernels kernels, LlamaCheckpoint checkpoint, IWeightSource weights, LlamaOptions? layers) =>
        checkpoint.Labels is int labels
            ? new LlamaClassifier(kernels, checkpoint.Config, labels, weights, seed: 5, layers)
            : new LlamaLanguageModel(kernels, checkpoint.Config, weights, layers);

    private static float[] Logits(TrainableModel model)
    {
        TokenizedExample[] examples = TinyLlama.Examples(6);
        if (model is Classifier classifier)
            return [.. Evaluation.Logits(classifier, examples).SelectMany(row => row)];
        var language = (LlamaLanguageModel)model;
        int[][] sequences = [.. examples.Select(example => example.Ids)];
        using LlamaBatch batch = LlamaBatch.Create(
            model.Kernels, language.Config, sequences, [.. Enumerable.Range(0, sequences.Sum(ids => ids.Length)).Select(row => (uint)row)]);
        using Tape tape = Tape.ForEvaluation(model.Kernels);
        return model.Kernels.ToArray(language.Logits(tape, batch).Value);
    }
}
