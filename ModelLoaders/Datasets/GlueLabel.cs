using System.Globalization;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Reads and writes the labels of a task.</summary>
internal static class GlueLabel
{
    /// <summary>What stands where GLUE's copies hide a label.</summary>
    public const string Hidden = "-1";

    /// <summary>The class index of a label word, or the value of a score; null where the cell is neither.</summary>
    public static float? Parse(GlueTask task, string cell)
    {
        if (task.IsRegression)
        {
            var isNumber = float.TryParse(cell, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var score);
            return isNumber && float.IsFinite(score) ? score : null;
        }

        for (var index = 0; index < task.LabelWords.Count; index++)
        {
            if (task.LabelWords[index] == cell)
                return index;
        }

        return null;
    }

    /// <summary>How a prediction is written for GLUE: the word of a class, a score with three decimals.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The class is none of the task's, or the score is not finite.</exception>
    public static string Format(GlueTask task, float prediction)
    {
        if (task.IsRegression && float.IsFinite(prediction))
            return prediction.ToString("F3", CultureInfo.InvariantCulture);
        var isClass = prediction >= 0 && prediction < task.LabelWords.Count && float.IsInteger(prediction);
        return isClass
            ? task.LabelWords[(int)prediction]
            : throw new ArgumentOutOfRangeException(nameof(prediction), prediction, $"not a label of {task.Name}.");
    }

    /// <summary>The labels a file may hold, for messages.</summary>
    public static string Expected(GlueTask task) =>
        task.IsRegression ? "a number such as 3.6" : string.Join(" or ", task.LabelWords);
}
