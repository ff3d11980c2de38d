using System.Globalization;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>What mpirun tells a process that it starts, by environment variables.</summary>
/// <param name="Rank">The process, from 0.</param>
/// <param name="Size">Processes in all, on all machines.</param>
/// <param name="LocalRank">The process among those on its machine, from 0.</param>
internal sealed record LaunchedRank(int Rank, int Size, int LocalRank)
{
    /// <summary>This process's, or null where no mpirun started it, or started it alone.</summary>
    /// <exception cref="InvalidOperationException">Another MPI's mpirun started it with others, which this library cannot use.</exception>
    public static LaunchedRank? Current => Read(Environment.GetEnvironmentVariable);

    /// <summary>
    /// The processors that the process may run on, as Linux writes them, such as "0-7": mpirun may bind ranks to different ones, or to the
    /// same.
    /// </summary>
    public static string AllowedProcessors() => File.ReadLines("/proc/self/status")
        .FirstOrDefault(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "";

    internal static LaunchedRank? Read(Func<string, string?> variable)
    {
        var size = Number("OMPI_COMM_WORLD_SIZE");
        if (size is null && Number("PMI_SIZE") is > 1 and var others)
            throw new InvalidOperationException(
                $"MPICH's mpirun, or srun with its protocol, started this process as one of {others} (PMI_SIZE), which cannot train " +
                $"together. {Mpi.Install} Or set Distributed to Off.");
        if (size is null && variable("PMIX_RANK") is not null && Number("SLURM_STEP_NUM_TASKS") is > 1 and var tasks)
            throw new InvalidOperationException(
                $"srun started this process as one of {tasks} (SLURM_STEP_NUM_TASKS), which cannot train together. Start them by Open " +
                "MPI's mpirun within the job, or set Distributed to Off.");
        return size is > 1
            ? new LaunchedRank(
                Number("OMPI_COMM_WORLD_RANK") ?? throw Lacking("OMPI_COMM_WORLD_RANK"), size.Value,
                Number("OMPI_COMM_WORLD_LOCAL_RANK") ?? throw Lacking("OMPI_COMM_WORLD_LOCAL_RANK"))
            : null;

        int? Number(string name) =>
            int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        Exception Lacking(string name) => new InvalidOperationException(
            $"OMPI_COMM_WORLD_SIZE is {size}, but the environment variable {name} is absent or no number. Start by Open MPI's mpirun, " +
            "or set Distributed to Off.");
    }
}
