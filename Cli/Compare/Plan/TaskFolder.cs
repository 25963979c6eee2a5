using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Cli.Compare.Plan;

/// <summary>Finds a task's folder among those of all tasks.</summary>
internal static class TaskFolder
{
    /// <summary>The folder with the task's name, in any case and with or without hyphens.</summary>
    /// <exception cref="DatasetException">There is none, or more than one.</exception>
    public static string Find(string root, GlueTask task)
    {
        if (!Directory.Exists(root))
            throw new DatasetException($"--data {root} is no folder; it must hold a folder for each task, such as {task.Name}.");
        string[] found =
        [
            .. Directory.GetDirectories(root)
                .Where(folder => GlueTasks.TryFind(Path.GetFileName(folder), out GlueTask? named) && named.Name == task.Name)
                .Order(StringComparer.Ordinal),
        ];
        return found switch
        {
            [string one] => one,
            [] => throw new DatasetException($"{root} has no folder {task.Name}, in any case and with or without hyphens."),
            _ => throw new DatasetException($"{root} has {found.Length} folders of {task.Name}: {string.Join(", ", found.Select(Path.GetFileName))}; keep one."),
        };
    }
}
