using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Writes the trained weights: the merged model, and the adapter where the method has one.</summary>
internal static class TrainedResult
{
    public const string AdapterFolder = "adapter";

    public static void Write(string folder, Classifier model, ModelCheckpoint checkpoint, TrainSettings settings)
    {
        ClassifierFolder.Save(
            checkpoint, folder, Finite(model), settings.Task.IsRegression ? null : settings.Task.LabelWords, settings.AddPrefix);
        if (settings.Training.Method != TrainingMethod.Full)
        {
            Adapter.Save(
                Path.Combine(folder, AdapterFolder), model, checkpoint, settings.Model, TrainArguments.Name(settings.Task), settings.Training);
        }
    }

    /// <summary>Reads a trained model's weights.</summary>
    /// <exception cref="TrainingException">A value is not finite.</exception>
    public static TrainedWeightReader Finite(TrainableModel model) => (name, values) =>
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
