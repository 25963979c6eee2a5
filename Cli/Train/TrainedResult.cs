using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Writes the trained weights: the merged model, and the adapter where the method has one.</summary>
internal static class TrainedResult
{
    public const string AdapterFolder = "adapter";

    public static void Write(string folder, BertClassifier model, BertCheckpoint checkpoint, TrainSettings settings)
    {
        TrainedWeightReader weights = (name, values) =>
        {
            model.ReadWeight(name, values);
            RequireFinite(name, values);
        };
        HuggingFaceFolder.SaveBert(checkpoint, folder, weights, new BertSaveOptions
        {
            AddPrefix = settings.AddPrefix,
            LabelNames = settings.Task.IsRegression ? null : settings.Task.LabelWords,
        });
        if (settings.Training.Method != TrainingMethod.Full)
        {
            Adapter.Save(
                Path.Combine(folder, AdapterFolder), model, checkpoint, settings.Model, TrainArguments.Name(settings.Task), settings.Training);
        }
    }

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
