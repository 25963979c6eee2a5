using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>The smallest golden model, trained a few steps, and its adapter in a folder of its own.</summary>
internal sealed class TrainedAdapter : IDisposable
{
    public const int Labels = 3;

    private readonly TempFolder _folder = new();

    public TrainedAdapter(IKernels kernels, TrainingScope scope, bool newHead = false)
        : this(kernels, Options(TrainingMethod.SparseGrad) with { Scope = scope }, newHead)
    {
    }

    public TrainedAdapter(IKernels kernels, TrainingOptions options, bool newHead = false)
    {
        using BertCheckpoint checkpoint = OpenBase(newHead);
        using var model = new BertClassifier(kernels, checkpoint.Config, checkpoint, seed: 5);
        Before = Logits(model);
        using var trainer = new Trainer(model, TinyBert.Examples(20), options);
        int preliminary = options.Method == TrainingMethod.SparseGrad ? options.PreliminarySteps : 0;
        for (int i = 0; i < preliminary + 10; i++)
            trainer.Step();
        After = Logits(model);
        foreach (BertParameter parameter in checkpoint.Parameters)
        {
            Weights[parameter.Name] = new float[parameter.ElementCount];
            model.ReadWeight(parameter.Name, Weights[parameter.Name]);
        }

        Adapter.Save(Path, model, checkpoint, "tiny-bert", "cola", options);
    }

    public string Path => _folder.Path;

    public string Config => _folder.File(Adapter.ConfigFileName);

    public string Tensors => _folder.File(Adapter.WeightsFileName);

    /// <summary>Logits of the model as it was before and after training.</summary>
    public float[] Before { get; }

    public float[] After { get; }

    /// <summary>Every weight of the trained model.</summary>
    public Dictionary<string, float[]> Weights { get; } = [];

    /// <summary>Ten steps that change the model visibly.</summary>
    public static TrainingOptions Options(TrainingMethod method) =>
        TinyBert.Options(method) with { Epochs = 3, LearningRate = 1e-2 };

    public static BertCheckpoint OpenBase(bool newHead = false) =>
        BertCheckpoint.Open(System.IO.Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-classify"), Labels, resetHead: newHead);

    public static float[] Logits(IKernels kernels, BertConfig config, IWeightSource weights)
    {
        using var model = new BertClassifier(kernels, config, weights);
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

    /// <summary>Rewrites the tensors of a copy.</summary>
    public static void Edit(TempFolder copy, Action<Dictionary<string, (string Type, long[] Shape, byte[] Data)>> edit)
    {
        string path = copy.File(Adapter.WeightsFileName);
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = RawSafetensors.Parse(path);
        edit(tensors);
        SafetensorsWriter writer;
        using (SafetensorsFile before = SafetensorsFile.Open(path))
            writer = new SafetensorsWriter(before.Metadata);
        foreach ((string name, (string typeName, long[] shape, byte[] data)) in tensors)
        {
            Assert.IsTrue(SafetensorsTypes.TryParse(typeName, out SafetensorsType type));
            writer.AddBytes(name, type, shape, stream => stream.Write(data));
        }

        writer.Save(path);
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Logits(BertClassifier model) => [.. Evaluation.Logits(model, TinyBert.Examples(9)).SelectMany(row => row)];
}
