using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Writes the trained weights: the merged model, and the adapter where the method has one.</summary>
internal static class TrainedResult
{
    public const string AdapterFolder = "adapter";

    /// <param name="folder">Gets both; its adapter is in a folder of its own.</param>
    /// <param name="model">The trained model, of the run's method.</param>
    /// <param name="checkpoint">What the run started from; still open.</param>
    /// <param name="settings">The run's.</param>
    /// <param name="taskName">What the adapter calls the task.</param>
    /// <param name="labelNames">Of a classifier the words for the labels; null keeps the checkpoint's where they fit.</param>
    /// <param name="addPrefix">Whether a trunk that came without prefix gets it.</param>
    /// <exception cref="TrainingException">A value is not finite.</exception>
    public static void Write(
        string folder, TrainableModel model, ModelCheckpoint checkpoint, RunSettings settings, string taskName,
        IReadOnlyList<string>? labelNames = null, bool addPrefix = false)
    {
        ModelFolder.Save(checkpoint, folder, Finite(model), labelNames, addPrefix);
        if (settings.Training.Method != TrainingMethod.Full)
            Adapter.Save(Path.Combine(folder, AdapterFolder), model, checkpoint, settings.Model, taskName, settings.Training);
    }

    private static TrainedWeightReader Finite(TrainableModel model) => (name, values) =>
    {
        model.ReadWeight(name, values);
        RequireFinite(name, values);
    };

    // The last update comes after the last look at the loss.
    private static void RequireFinite(string name, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                throw new TrainingException($"{name} is not finite after the last step, so nothing is written; try a lower learning rate.");
        }
    }
}
