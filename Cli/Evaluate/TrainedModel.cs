using VkSparseGrad.Cli.Adapters;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary>Loads a trained classifier: a model by itself, or a base with an adapter.</summary>
internal static class TrainedModel
{
    /// <summary>Opens the model's folder and checks what can be checked without a device.</summary>
    /// <exception cref="ModelFolderException">The folder is not as it should be, or nothing in it classifies.</exception>
    public static ModelCheckpoint OpenCheckpoint(InferenceSettings settings)
    {
        // An adapter brings the classifier it was trained with; one of the base may have another number of classes.
        ModelCheckpoint checkpoint = ModelFolder.Open(settings.Model, settings.Task.Outputs, resetHead: settings.Adapter is not null);
        if (settings.Adapter is not null || checkpoint.NewlyInitialized.Count == 0)
            return checkpoint;
        checkpoint.Dispose();
        throw new ModelFolderException(
            settings.Model, $"the model has no '{checkpoint.NewlyInitialized[0]}', so what it says would be random; train it first, or name the --adapter that has it");
    }

    /// <summary>Loads the model onto a device.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="checkpoint">From <see cref="OpenCheckpoint"/>; stays the caller's.</param>
    /// <param name="terminal">Told of the adapter.</param>
    public static ModelOnDevice<Classifier> Load(InferenceSettings settings, ModelCheckpoint checkpoint, Terminal terminal) =>
        ModelOnDevice<Classifier>.Load(settings.Device, kernels => Build(settings, checkpoint, kernels, terminal));

    private static Classifier Build(InferenceSettings settings, ModelCheckpoint checkpoint, IKernels kernels, Terminal terminal)
    {
        if (settings.Adapter is not string folder)
            return ModelFolder.CreateClassifier(kernels, checkpoint, checkpoint);
        if (AdapterDescription.Read(folder).Labels == 0)
            throw new ModelFolderException(folder, "the adapter is a language model's and classifies nothing; 'vksparsegrad generate' takes it");
        using AdaptedWeights adapted = AdaptedWeights.Open(kernels, checkpoint, folder);
        long outputs = adapted.ShapeOf(checkpoint.Parameters.Last(parameter => parameter is { IsHead: true, Shape.Count: 2 }).Name)[0];
        if (outputs != settings.Task.Outputs)
        {
            throw new ModelFolderException(
                folder, $"the number of the adapter's classifier outputs is {outputs}, but {settings.Task.Name} needs {settings.Task.Outputs}; choose the task it was trained for");
        }

        AdapterNotice.Tell(terminal, adapted);
        return ModelFolder.CreateClassifier(kernels, checkpoint, adapted);
    }
}
