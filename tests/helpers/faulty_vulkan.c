/* A layer of Vulkan's that has a device say and do what a healthy one seldom does.
 *
 * It lies between the loader and the real driver, for one instance and one device a process. What it
 * does is in the environment:
 *
 *   FAULTY_VULKAN_SAYS     bytes of memory that the device says it has
 *   FAULTY_VULKAN_HAS      bytes that it really gives; what is asked for beyond them is refused
 *   FAULTY_VULKAN_REFUSES  where it is set, the device cannot be opened
 *   FAULTY_VULKAN_LOST     a path: once a file is there, the device is lost with all that is asked
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define MOST 4096

static PFN_vkGetInstanceProcAddr next_instance_address;
static PFN_vkGetDeviceProcAddr next_device_address;
static PFN_vkAllocateMemory next_allocate;
static PFN_vkFreeMemory next_free;
static PFN_vkQueueSubmit next_submit;
static VkInstance the_instance;

static struct {
    VkDeviceMemory memory;
    VkDeviceSize size;
} given[MOST];

static VkDeviceSize number(const char *name, VkDeviceSize otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static VkDeviceSize used(void) {
    VkDeviceSize sum = 0;
    for (int i = 0; i < MOST; i++) sum += given[i].memory ? given[i].size : 0;
    return sum;
}

static VKAPI_ATTR VkResult VKAPI_CALL allocate(VkDevice device, const VkMemoryAllocateInfo *info,
                                               const VkAllocationCallbacks *how,
                                               VkDeviceMemory *memory) {
    if (used() + info->allocationSize > number("FAULTY_VULKAN_HAS", UINT64_MAX / 2))
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    VkResult result = next_allocate(device, info, how, memory);
    for (int i = 0; result == VK_SUCCESS && i < MOST; i++)
        if (!given[i].memory) {
            given[i].memory = *memory;
            given[i].size = info->allocationSize;
            break;
        }
    return result;
}

static VKAPI_ATTR void VKAPI_CALL give_back(VkDevice device, VkDeviceMemory memory,
                                            const VkAllocationCallbacks *how) {
    for (int i = 0; i < MOST; i++)
        if (given[i].memory == memory) given[i].memory = VK_NULL_HANDLE;
    next_free(device, memory, how);
}

static VKAPI_ATTR VkResult VKAPI_CALL submit(VkQueue queue, uint32_t count,
                                             const VkSubmitInfo *infos, VkFence fence) {
    const char *lost = getenv("FAULTY_VULKAN_LOST");
    if (lost && access(lost, F_OK) == 0) return VK_ERROR_DEVICE_LOST;
    return next_submit(queue, count, infos, fence);
}

static VKAPI_ATTR void VKAPI_CALL memory_properties(VkPhysicalDevice device,
                                                    VkPhysicalDeviceMemoryProperties2 *found) {
    PFN_vkGetPhysicalDeviceMemoryProperties2 next =
        (PFN_vkGetPhysicalDeviceMemoryProperties2)next_instance_address(
            the_instance, "vkGetPhysicalDeviceMemoryProperties2");
    next(device, found);
    if (!getenv("FAULTY_VULKAN_SAYS")) return;
    VkDeviceSize says = number("FAULTY_VULKAN_SAYS", 0);
    for (uint32_t i = 0; i < found->memoryProperties.memoryHeapCount; i++)
        found->memoryProperties.memoryHeaps[i].size = says;
    for (VkBaseOutStructure *more = found->pNext; more; more = more->pNext)
        if (more->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT) {
            VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget = (void *)more;
            VkDeviceSize taken = used();
            for (uint32_t i = 0; i < VK_MAX_MEMORY_HEAPS; i++) {
                budget->heapBudget[i] = says;
                budget->heapUsage[i] = taken < says ? taken : says;
            }
        }
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info,
                                                      const VkAllocationCallbacks *how,
                                                      VkInstance *instance) {
    VkLayerInstanceCreateInfo *chain = (void *)info->pNext;
    while (chain->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO ||
           chain->function != VK_LAYER_LINK_INFO)
        chain = (void *)chain->pNext;
    next_instance_address = chain->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    chain->u.pLayerInfo = chain->u.pLayerInfo->pNext;
    VkResult result = ((PFN_vkCreateInstance)next_instance_address(
        VK_NULL_HANDLE, "vkCreateInstance"))(info, how, instance);
    the_instance = *instance;
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical,
                                                    const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *how,
                                                    VkDevice *device) {
    if (getenv("FAULTY_VULKAN_REFUSES")) return VK_ERROR_INITIALIZATION_FAILED;
    VkLayerDeviceCreateInfo *chain = (void *)info->pNext;
    while (chain->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO ||
           chain->function != VK_LAYER_LINK_INFO)
        chain = (void *)chain->pNext;
    next_device_address = chain->u.pLayerInfo->pfnNextGetDeviceProcAddr;
    chain->u.pLayerInfo = chain->u.pLayerInfo->pNext;
    VkResult result = ((PFN_vkCreateDevice)next_instance_address(the_instance, "vkCreateDevice"))(
        physical, info, how, device);
    if (result == VK_SUCCESS) {
        next_allocate = (PFN_vkAllocateMemory)next_device_address(*device, "vkAllocateMemory");
        next_free = (PFN_vkFreeMemory)next_device_address(*device, "vkFreeMemory");
        next_submit = (PFN_vkQueueSubmit)next_device_address(*device, "vkQueueSubmit");
    }
    return result;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_address(VkDevice device, const char *name) {
    if (!strcmp(name, "vkGetDeviceProcAddr")) return (PFN_vkVoidFunction)device_address;
    if (!strcmp(name, "vkAllocateMemory")) return (PFN_vkVoidFunction)allocate;
    if (!strcmp(name, "vkFreeMemory")) return (PFN_vkVoidFunction)give_back;
    if (!strcmp(name, "vkQueueSubmit")) return (PFN_vkVoidFunction)submit;
    return next_device_address ? next_device_address(device, name) : NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_address(VkInstance instance,
                                                                 const char *name) {
    if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)instance_address;
    if (!strcmp(name, "vkCreateInstance")) return (PFN_vkVoidFunction)create_instance;
    if (!strcmp(name, "vkCreateDevice")) return (PFN_vkVoidFunction)create_device;
    if (!strncmp(name, "vkGetPhysicalDeviceMemoryProperties2", 36))
        return (PFN_vkVoidFunction)memory_properties;
    if (!strcmp(name, "vkGetDeviceProcAddr") || !strcmp(name, "vkAllocateMemory") ||
        !strcmp(name, "vkFreeMemory") || !strcmp(name, "vkQueueSubmit"))
        return device_address(VK_NULL_HANDLE, name);
    return next_instance_address ? next_instance_address(instance, name) : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *interface) {
    interface->loaderLayerInterfaceVersion = 2;
    interface->pfnGetInstanceProcAddr = instance_address;
    interface->pfnGetDeviceProcAddr = device_address;
    interface->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
